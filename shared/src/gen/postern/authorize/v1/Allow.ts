// Original file: proto/postern/authorize/v1/authorize.proto

import type { Header__Input as _postern_authorize_v1_Header__Input, Header as _postern_authorize_v1_Header } from '../../../postern/authorize/v1/Header.ts';
import type { Long } from '@grpc/proto-loader';

export interface Allow__Input {
  'setHeaders'?: (_postern_authorize_v1_Header__Input)[];
  'removeHeaders'?: (string)[];
  'sessionHandle'?: (string);
  'sessionExpiresAtMs'?: (number | string | Long);
  'userId'?: (string);
}

export interface Allow {
  'setHeaders': (_postern_authorize_v1_Header)[];
  'removeHeaders': (string)[];
  'sessionHandle': (string);
  'sessionExpiresAtMs': (number);
  'userId': (string);
}
