// Original file: proto/postern/authorize/v1/authorize.proto


export interface ClientCertificate__Input {
  'presented'?: (boolean);
  'valid'?: (boolean);
  'der'?: (Buffer | Uint8Array | string);
}

export interface ClientCertificate {
  'presented': (boolean);
  'valid': (boolean);
  'der': (Buffer);
}
