// Original file: proto/postern/authorize/v1/authorize.proto


export interface CheckError__Input {
  'code'?: (string);
  'retryable'?: (boolean);
}

export interface CheckError {
  'code': (string);
  'retryable': (boolean);
}
