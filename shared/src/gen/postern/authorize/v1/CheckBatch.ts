// Original file: proto/postern/authorize/v1/authorize.proto

import type { Check__Input as _postern_authorize_v1_Check__Input, Check as _postern_authorize_v1_Check } from '../../../postern/authorize/v1/Check.ts';

export interface CheckBatch__Input {
  'checks'?: (_postern_authorize_v1_Check__Input)[];
}

export interface CheckBatch {
  'checks': (_postern_authorize_v1_Check)[];
}
