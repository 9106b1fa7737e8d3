// Original file: proto/postern/authorize/v1/authorize.proto

import type { SessionCredential__Input as _postern_authorize_v1_SessionCredential__Input, SessionCredential as _postern_authorize_v1_SessionCredential } from '../../../postern/authorize/v1/SessionCredential.ts';

export interface CreateSignOutUrlRequest__Input {
  'host'?: (string);
  'credential'?: (_postern_authorize_v1_SessionCredential__Input | null);
  'returnUrl'?: (string);
}

export interface CreateSignOutUrlRequest {
  'host': (string);
  'credential': (_postern_authorize_v1_SessionCredential | null);
  'returnUrl': (string);
}
