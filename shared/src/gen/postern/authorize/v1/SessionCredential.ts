// Original file: proto/postern/authorize/v1/authorize.proto


// Original file: proto/postern/authorize/v1/authorize.proto

export const _postern_authorize_v1_SessionCredential_Carrier = {
  CARRIER_UNSPECIFIED: 'CARRIER_UNSPECIFIED',
  CARRIER_COOKIE: 'CARRIER_COOKIE',
  CARRIER_HEADER: 'CARRIER_HEADER',
  CARRIER_QUERY: 'CARRIER_QUERY',
  CARRIER_BEARER: 'CARRIER_BEARER',
} as const;

export type _postern_authorize_v1_SessionCredential_Carrier__Input =
  | 'CARRIER_UNSPECIFIED'
  | 0
  | 'CARRIER_COOKIE'
  | 1
  | 'CARRIER_HEADER'
  | 2
  | 'CARRIER_QUERY'
  | 3
  | 'CARRIER_BEARER'
  | 4

export type _postern_authorize_v1_SessionCredential_Carrier = typeof _postern_authorize_v1_SessionCredential_Carrier[keyof typeof _postern_authorize_v1_SessionCredential_Carrier]

export interface SessionCredential__Input {
  'carrier'?: (_postern_authorize_v1_SessionCredential_Carrier__Input);
  'value'?: (string);
}

export interface SessionCredential {
  'carrier': (_postern_authorize_v1_SessionCredential_Carrier);
  'value': (string);
}
