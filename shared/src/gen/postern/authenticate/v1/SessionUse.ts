// Original file: proto/postern/authenticate/v1/authenticate.proto

import type { Long } from '@grpc/proto-loader';

export interface SessionUse__Input {
  'sessionHandle'?: (string);
  'lastUsedAtMs'?: (number | string | Long);
}

export interface SessionUse {
  'sessionHandle': (string);
  'lastUsedAtMs': (number);
}
