// Original file: proto/postern/authenticate/v1/authenticate.proto

import type { SessionUse__Input as _postern_authenticate_v1_SessionUse__Input, SessionUse as _postern_authenticate_v1_SessionUse } from '../../../postern/authenticate/v1/SessionUse.ts';

export interface ReportUseRequest__Input {
  'uses'?: (_postern_authenticate_v1_SessionUse__Input)[];
}

export interface ReportUseRequest {
  'uses': (_postern_authenticate_v1_SessionUse)[];
}
