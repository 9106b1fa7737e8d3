// Original file: proto/postern/authorize/v1/authorize.proto

import type { CheckResponse__Input as _postern_authorize_v1_CheckResponse__Input, CheckResponse as _postern_authorize_v1_CheckResponse } from '../../../postern/authorize/v1/CheckResponse.ts';
import type { CheckError__Input as _postern_authorize_v1_CheckError__Input, CheckError as _postern_authorize_v1_CheckError } from '../../../postern/authorize/v1/CheckError.ts';
import type { Long } from '@grpc/proto-loader';

export interface CheckResult__Input {
  'id'?: (number | string | Long);
  'response'?: (_postern_authorize_v1_CheckResponse__Input | null);
  'error'?: (_postern_authorize_v1_CheckError__Input | null);
  'result'?: "response"|"error";
}

export interface CheckResult {
  'id': (number);
  'response'?: (_postern_authorize_v1_CheckResponse | null);
  'error'?: (_postern_authorize_v1_CheckError | null);
  'result'?: "response"|"error";
}
