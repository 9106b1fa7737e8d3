// Original file: proto/postern/authorize/v1/authorize.proto

import type { Long } from '@grpc/proto-loader';

export interface DescribeSessionResponse__Input {
  'signedIn'?: (boolean);
  'userId'?: (string);
  'email'?: (string);
  'name'?: (string);
  'claimsJson'?: (string);
  'issuedAtMs'?: (number | string | Long);
  'expiresAtMs'?: (number | string | Long);
}

export interface DescribeSessionResponse {
  'signedIn': (boolean);
  'userId': (string);
  'email': (string);
  'name': (string);
  'claimsJson': (string);
  'issuedAtMs': (number);
  'expiresAtMs': (number);
}
