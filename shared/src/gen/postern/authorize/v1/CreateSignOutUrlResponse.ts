// Original file: proto/postern/authorize/v1/authorize.proto


export interface CreateSignOutUrlResponse__Input {
  'url'?: (string);
}

export interface CreateSignOutUrlResponse {
  'url': (string);
}
