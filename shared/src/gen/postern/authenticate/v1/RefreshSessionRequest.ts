// Original file: proto/postern/authenticate/v1/authenticate.proto


export interface RefreshSessionRequest__Input {
  'sessionHandle'?: (string);
}

export interface RefreshSessionRequest {
  'sessionHandle': (string);
}
