// Original file: proto/postern/authenticate/v1/authenticate.proto


export interface VerifyAccessTokenRequest__Input {
  'idpId'?: (string);
  'accessToken'?: (string);
}

export interface VerifyAccessTokenRequest {
  'idpId': (string);
  'accessToken': (string);
}
