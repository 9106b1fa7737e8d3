// Original file: proto/postern/authorize/v1/authorize.proto


export interface CreateSignInUrlResponse__Input {
  'url'?: (string);
  'binding'?: (string);
}

export interface CreateSignInUrlResponse {
  'url': (string);
  'binding': (string);
}
