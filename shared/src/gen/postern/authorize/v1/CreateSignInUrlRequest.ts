// Original file: proto/postern/authorize/v1/authorize.proto


export interface CreateSignInUrlRequest__Input {
  'host'?: (string);
  'routeId'?: (string);
  'programRedirectUri'?: (string);
  'chain'?: (string);
  'signInBinding'?: (string);
}

export interface CreateSignInUrlRequest {
  'host': (string);
  'routeId': (string);
  'programRedirectUri': (string);
  'chain': (string);
  'signInBinding': (string);
}
