// Original file: proto/postern/authorize/v1/authorize.proto


export interface GetKeySetResponse__Input {
  'jwksJson'?: (string);
}

export interface GetKeySetResponse {
  'jwksJson': (string);
}
