// Original file: proto/postern/authenticate/v1/authenticate.proto


// Original file: proto/postern/authenticate/v1/authenticate.proto

export const _postern_authenticate_v1_RefreshSessionResponse_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_REFRESHED: 'OUTCOME_REFRESHED',
  OUTCOME_CURRENT: 'OUTCOME_CURRENT',
  OUTCOME_ENDED: 'OUTCOME_ENDED',
  OUTCOME_IDP_UNAVAILABLE: 'OUTCOME_IDP_UNAVAILABLE',
} as const;

export type _postern_authenticate_v1_RefreshSessionResponse_Outcome__Input =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_REFRESHED'
  | 1
  | 'OUTCOME_CURRENT'
  | 2
  | 'OUTCOME_ENDED'
  | 3
  | 'OUTCOME_IDP_UNAVAILABLE'
  | 4

export type _postern_authenticate_v1_RefreshSessionResponse_Outcome = typeof _postern_authenticate_v1_RefreshSessionResponse_Outcome[keyof typeof _postern_authenticate_v1_RefreshSessionResponse_Outcome]

export interface RefreshSessionResponse__Input {
  'outcome'?: (_postern_authenticate_v1_RefreshSessionResponse_Outcome__Input);
}

export interface RefreshSessionResponse {
  'outcome': (_postern_authenticate_v1_RefreshSessionResponse_Outcome);
}
