// Original file: proto/postern/authorize/v1/authorize.proto


export interface Deny__Input {
  'status'?: (number);
  'explanation'?: (string);
  'email'?: (string);
  'bearerRefused'?: (boolean);
}

export interface Deny {
  'status': (number);
  'explanation': (string);
  'email': (string);
  'bearerRefused': (boolean);
}
