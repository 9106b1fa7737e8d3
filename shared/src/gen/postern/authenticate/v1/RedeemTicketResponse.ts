// Original file: proto/postern/authenticate/v1/authenticate.proto

import type { Long } from '@grpc/proto-loader';

export interface RedeemTicketResponse__Input {
  'credential'?: (string);
  'expiresAtMs'?: (number | string | Long);
  'redirectUri'?: (string);
  'continueAt'?: (string);
}

export interface RedeemTicketResponse {
  'credential': (string);
  'expiresAtMs': (number);
  'redirectUri': (string);
  'continueAt': (string);
}
