// Original file: proto/postern/authorize/v1/authorize.proto

import type { CheckRequest__Input as _postern_authorize_v1_CheckRequest__Input, CheckRequest as _postern_authorize_v1_CheckRequest } from '../../../postern/authorize/v1/CheckRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface Check__Input {
  'id'?: (number | string | Long);
  'deadlineMs'?: (number);
  'request'?: (_postern_authorize_v1_CheckRequest__Input | null);
}

export interface Check {
  'id': (number);
  'deadlineMs': (number);
  'request': (_postern_authorize_v1_CheckRequest | null);
}
