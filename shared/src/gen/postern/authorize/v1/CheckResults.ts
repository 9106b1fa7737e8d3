// Original file: proto/postern/authorize/v1/authorize.proto

import type { CheckResult__Input as _postern_authorize_v1_CheckResult__Input, CheckResult as _postern_authorize_v1_CheckResult } from '../../../postern/authorize/v1/CheckResult.ts';

export interface CheckResults__Input {
  'results'?: (_postern_authorize_v1_CheckResult__Input)[];
  'changedSessions'?: (string)[];
  'allSessionsChanged'?: (boolean);
  'configRevision'?: (string);
  'draining'?: (boolean);
}

export interface CheckResults {
  'results': (_postern_authorize_v1_CheckResult)[];
  'changedSessions': (string)[];
  'allSessionsChanged': (boolean);
  'configRevision': (string);
  'draining': (boolean);
}
