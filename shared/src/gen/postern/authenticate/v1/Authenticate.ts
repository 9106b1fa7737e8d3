// Original file: proto/postern/authenticate/v1/authenticate.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { RedeemTicketRequest__Input as _postern_authenticate_v1_RedeemTicketRequest__Input, RedeemTicketRequest as _postern_authenticate_v1_RedeemTicketRequest } from '../../../postern/authenticate/v1/RedeemTicketRequest.ts';
import type { RedeemTicketResponse__Input as _postern_authenticate_v1_RedeemTicketResponse__Input, RedeemTicketResponse as _postern_authenticate_v1_RedeemTicketResponse } from '../../../postern/authenticate/v1/RedeemTicketResponse.ts';
import type { RefreshSessionRequest__Input as _postern_authenticate_v1_RefreshSessionRequest__Input, RefreshSessionRequest as _postern_authenticate_v1_RefreshSessionRequest } from '../../../postern/authenticate/v1/RefreshSessionRequest.ts';
import type { RefreshSessionResponse__Input as _postern_authenticate_v1_RefreshSessionResponse__Input, RefreshSessionResponse as _postern_authenticate_v1_RefreshSessionResponse } from '../../../postern/authenticate/v1/RefreshSessionResponse.ts';
import type { ReportUseRequest__Input as _postern_authenticate_v1_ReportUseRequest__Input, ReportUseRequest as _postern_authenticate_v1_ReportUseRequest } from '../../../postern/authenticate/v1/ReportUseRequest.ts';
import type { ReportUseResponse__Input as _postern_authenticate_v1_ReportUseResponse__Input, ReportUseResponse as _postern_authenticate_v1_ReportUseResponse } from '../../../postern/authenticate/v1/ReportUseResponse.ts';
import type { VerifyAccessTokenRequest__Input as _postern_authenticate_v1_VerifyAccessTokenRequest__Input, VerifyAccessTokenRequest as _postern_authenticate_v1_VerifyAccessTokenRequest } from '../../../postern/authenticate/v1/VerifyAccessTokenRequest.ts';
import type { VerifyAccessTokenResponse__Input as _postern_authenticate_v1_VerifyAccessTokenResponse__Input, VerifyAccessTokenResponse as _postern_authenticate_v1_VerifyAccessTokenResponse } from '../../../postern/authenticate/v1/VerifyAccessTokenResponse.ts';

export interface AuthenticateClient extends grpc.Client {
  RedeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  RedeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  RedeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  RedeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  redeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  redeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  redeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  redeemTicket(argument: _postern_authenticate_v1_RedeemTicketRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_RedeemTicketResponse>): grpc.ClientUnaryCall;
  
  RefreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  RefreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  RefreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  RefreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  refreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  refreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  refreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  refreshSession(argument: _postern_authenticate_v1_RefreshSessionRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_RefreshSessionResponse>): grpc.ClientUnaryCall;
  
  ReportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  ReportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  ReportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  ReportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  reportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  reportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  reportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  reportUse(argument: _postern_authenticate_v1_ReportUseRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_ReportUseResponse>): grpc.ClientUnaryCall;
  
  VerifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  VerifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  VerifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  VerifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  verifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  verifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  verifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  verifyAccessToken(argument: _postern_authenticate_v1_VerifyAccessTokenRequest__Input, callback: grpc.requestCallback<_postern_authenticate_v1_VerifyAccessTokenResponse>): grpc.ClientUnaryCall;
  
}

export interface AuthenticateHandlers extends grpc.UntypedServiceImplementation {
  RedeemTicket: grpc.handleUnaryCall<_postern_authenticate_v1_RedeemTicketRequest, _postern_authenticate_v1_RedeemTicketResponse__Input>;
  
  RefreshSession: grpc.handleUnaryCall<_postern_authenticate_v1_RefreshSessionRequest, _postern_authenticate_v1_RefreshSessionResponse__Input>;
  
  ReportUse: grpc.handleUnaryCall<_postern_authenticate_v1_ReportUseRequest, _postern_authenticate_v1_ReportUseResponse__Input>;
  
  VerifyAccessToken: grpc.handleUnaryCall<_postern_authenticate_v1_VerifyAccessTokenRequest, _postern_authenticate_v1_VerifyAccessTokenResponse__Input>;
  
}

export interface AuthenticateDefinition extends grpc.ServiceDefinition {
  RedeemTicket: MethodDefinition<_postern_authenticate_v1_RedeemTicketRequest__Input, _postern_authenticate_v1_RedeemTicketResponse__Input, _postern_authenticate_v1_RedeemTicketRequest, _postern_authenticate_v1_RedeemTicketResponse>
  RefreshSession: MethodDefinition<_postern_authenticate_v1_RefreshSessionRequest__Input, _postern_authenticate_v1_RefreshSessionResponse__Input, _postern_authenticate_v1_RefreshSessionRequest, _postern_authenticate_v1_RefreshSessionResponse>
  ReportUse: MethodDefinition<_postern_authenticate_v1_ReportUseRequest__Input, _postern_authenticate_v1_ReportUseResponse__Input, _postern_authenticate_v1_ReportUseRequest, _postern_authenticate_v1_ReportUseResponse>
  VerifyAccessToken: MethodDefinition<_postern_authenticate_v1_VerifyAccessTokenRequest__Input, _postern_authenticate_v1_VerifyAccessTokenResponse__Input, _postern_authenticate_v1_VerifyAccessTokenRequest, _postern_authenticate_v1_VerifyAccessTokenResponse>
}
