// Original file: proto/postern/authorize/v1/authorize.proto


export interface Header__Input {
  'name'?: (string);
  'value'?: (Buffer | Uint8Array | string);
}

export interface Header {
  'name': (string);
  'value': (Buffer);
}
