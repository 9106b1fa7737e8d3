// Original file: proto/postern/authorize/v1/authorize.proto


export interface SignIn__Input {
  'url'?: (string);
  'binding'?: (string);
  'credentialRefused'?: (boolean);
}

export interface SignIn {
  'url': (string);
  'binding': (string);
  'credentialRefused': (boolean);
}
