// Original file: proto/postern/authenticate/v1/authenticate.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/postern/authenticate/v1/authenticate.proto

export const _postern_authenticate_v1_VerifyAccessTokenResponse_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_VALID: 'OUTCOME_VALID',
  OUTCOME_REFUSED: 'OUTCOME_REFUSED',
} as const;

export type _postern_authenticate_v1_VerifyAccessTokenResponse_Outcome__Input =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_VALID'
  | 1
  | 'OUTCOME_REFUSED'
  | 2

export type _postern_authenticate_v1_VerifyAccessTokenResponse_Outcome = typeof _postern_authenticate_v1_VerifyAccessTokenResponse_Outcome[keyof typeof _postern_authenticate_v1_VerifyAccessTokenResponse_Outcome]

export interface VerifyAccessTokenResponse__Input {
  'outcome'?: (_postern_authenticate_v1_VerifyAccessTokenResponse_Outcome__Input);
  'whyRefused'?: (string);
  'issuer'?: (string);
  'audiences'?: (string)[];
  'userId'?: (string);
  'email'?: (string);
  'name'?: (string);
  'claimsJson'?: (string);
  'issuedAtMs'?: (number | string | Long);
  'expiresAtMs'?: (number | string | Long);
}

export interface VerifyAccessTokenResponse {
  'outcome': (_postern_authenticate_v1_VerifyAccessTokenResponse_Outcome);
  'whyRefused': (string);
  'issuer': (string);
  'audiences': (string)[];
  'userId': (string);
  'email': (string);
  'name': (string);
  'claimsJson': (string);
  'issuedAtMs': (number);
  'expiresAtMs': (number);
}
