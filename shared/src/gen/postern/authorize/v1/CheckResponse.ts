// Original file: proto/postern/authorize/v1/authorize.proto

import type { Allow__Input as _postern_authorize_v1_Allow__Input, Allow as _postern_authorize_v1_Allow } from '../../../postern/authorize/v1/Allow.ts';
import type { Deny__Input as _postern_authorize_v1_Deny__Input, Deny as _postern_authorize_v1_Deny } from '../../../postern/authorize/v1/Deny.ts';
import type { SignIn__Input as _postern_authorize_v1_SignIn__Input, SignIn as _postern_authorize_v1_SignIn } from '../../../postern/authorize/v1/SignIn.ts';

// Original file: proto/postern/authorize/v1/authorize.proto

export const _postern_authorize_v1_CheckResponse_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_ALLOW: 'OUTCOME_ALLOW',
  OUTCOME_DENY: 'OUTCOME_DENY',
  OUTCOME_SIGN_IN: 'OUTCOME_SIGN_IN',
} as const;

export type _postern_authorize_v1_CheckResponse_Outcome__Input =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_ALLOW'
  | 1
  | 'OUTCOME_DENY'
  | 2
  | 'OUTCOME_SIGN_IN'
  | 3

export type _postern_authorize_v1_CheckResponse_Outcome = typeof _postern_authorize_v1_CheckResponse_Outcome[keyof typeof _postern_authorize_v1_CheckResponse_Outcome]

export interface CheckResponse__Input {
  'outcome'?: (_postern_authorize_v1_CheckResponse_Outcome__Input);
  'allow'?: (_postern_authorize_v1_Allow__Input | null);
  'deny'?: (_postern_authorize_v1_Deny__Input | null);
  'signIn'?: (_postern_authorize_v1_SignIn__Input | null);
  'reasons'?: (string)[];
}

export interface CheckResponse {
  'outcome': (_postern_authorize_v1_CheckResponse_Outcome);
  'allow': (_postern_authorize_v1_Allow | null);
  'deny': (_postern_authorize_v1_Deny | null);
  'signIn': (_postern_authorize_v1_SignIn | null);
  'reasons': (string)[];
}
