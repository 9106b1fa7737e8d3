// Original file: proto/postern/authorize/v1/authorize.proto

import type { Header__Input as _postern_authorize_v1_Header__Input, Header as _postern_authorize_v1_Header } from '../../../postern/authorize/v1/Header.ts';
import type { ClientCertificate__Input as _postern_authorize_v1_ClientCertificate__Input, ClientCertificate as _postern_authorize_v1_ClientCertificate } from '../../../postern/authorize/v1/ClientCertificate.ts';
import type { SessionCredential__Input as _postern_authorize_v1_SessionCredential__Input, SessionCredential as _postern_authorize_v1_SessionCredential } from '../../../postern/authorize/v1/SessionCredential.ts';

export interface CheckRequest__Input {
  'routeId'?: (string);
  'configRevision'?: (string);
  'requestId'?: (string);
  'method'?: (string);
  'host'?: (string);
  'path'?: (string);
  'query'?: (string);
  'headers'?: (_postern_authorize_v1_Header__Input)[];
  'clientAddress'?: (string);
  'clientCertificate'?: (_postern_authorize_v1_ClientCertificate__Input | null);
  'credential'?: (_postern_authorize_v1_SessionCredential__Input | null);
  'signInBinding'?: (string);
}

export interface CheckRequest {
  'routeId': (string);
  'configRevision': (string);
  'requestId': (string);
  'method': (string);
  'host': (string);
  'path': (string);
  'query': (string);
  'headers': (_postern_authorize_v1_Header)[];
  'clientAddress': (string);
  'clientCertificate': (_postern_authorize_v1_ClientCertificate | null);
  'credential': (_postern_authorize_v1_SessionCredential | null);
  'signInBinding': (string);
}
