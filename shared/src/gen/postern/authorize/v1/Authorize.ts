// Original file: proto/postern/authorize/v1/authorize.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckBatch__Input as _postern_authorize_v1_CheckBatch__Input, CheckBatch as _postern_authorize_v1_CheckBatch } from '../../../postern/authorize/v1/CheckBatch.ts';
import type { CheckRequest__Input as _postern_authorize_v1_CheckRequest__Input, CheckRequest as _postern_authorize_v1_CheckRequest } from '../../../postern/authorize/v1/CheckRequest.ts';
import type { CheckResponse__Input as _postern_authorize_v1_CheckResponse__Input, CheckResponse as _postern_authorize_v1_CheckResponse } from '../../../postern/authorize/v1/CheckResponse.ts';
import type { CheckResults__Input as _postern_authorize_v1_CheckResults__Input, CheckResults as _postern_authorize_v1_CheckResults } from '../../../postern/authorize/v1/CheckResults.ts';
import type { CreateSignInUrlRequest__Input as _postern_authorize_v1_CreateSignInUrlRequest__Input, CreateSignInUrlRequest as _postern_authorize_v1_CreateSignInUrlRequest } from '../../../postern/authorize/v1/CreateSignInUrlRequest.ts';
import type { CreateSignInUrlResponse__Input as _postern_authorize_v1_CreateSignInUrlResponse__Input, CreateSignInUrlResponse as _postern_authorize_v1_CreateSignInUrlResponse } from '../../../postern/authorize/v1/CreateSignInUrlResponse.ts';
import type { CreateSignOutUrlRequest__Input as _postern_authorize_v1_CreateSignOutUrlRequest__Input, CreateSignOutUrlRequest as _postern_authorize_v1_CreateSignOutUrlRequest } from '../../../postern/authorize/v1/CreateSignOutUrlRequest.ts';
import type { CreateSignOutUrlResponse__Input as _postern_authorize_v1_CreateSignOutUrlResponse__Input, CreateSignOutUrlResponse as _postern_authorize_v1_CreateSignOutUrlResponse } from '../../../postern/authorize/v1/CreateSignOutUrlResponse.ts';
import type { DescribeSessionRequest__Input as _postern_authorize_v1_DescribeSessionRequest__Input, DescribeSessionRequest as _postern_authorize_v1_DescribeSessionRequest } from '../../../postern/authorize/v1/DescribeSessionRequest.ts';
import type { DescribeSessionResponse__Input as _postern_authorize_v1_DescribeSessionResponse__Input, DescribeSessionResponse as _postern_authorize_v1_DescribeSessionResponse } from '../../../postern/authorize/v1/DescribeSessionResponse.ts';
import type { GetKeySetRequest__Input as _postern_authorize_v1_GetKeySetRequest__Input, GetKeySetRequest as _postern_authorize_v1_GetKeySetRequest } from '../../../postern/authorize/v1/GetKeySetRequest.ts';
import type { GetKeySetResponse__Input as _postern_authorize_v1_GetKeySetResponse__Input, GetKeySetResponse as _postern_authorize_v1_GetKeySetResponse } from '../../../postern/authorize/v1/GetKeySetResponse.ts';

export interface AuthorizeClient extends grpc.Client {
  Check(argument: _postern_authorize_v1_CheckRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  Check(argument: _postern_authorize_v1_CheckRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  Check(argument: _postern_authorize_v1_CheckRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  Check(argument: _postern_authorize_v1_CheckRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  check(argument: _postern_authorize_v1_CheckRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  check(argument: _postern_authorize_v1_CheckRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  check(argument: _postern_authorize_v1_CheckRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  check(argument: _postern_authorize_v1_CheckRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CheckResponse>): grpc.ClientUnaryCall;
  
  CheckStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckResults>;
  CheckStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckResults>;
  checkStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckResults>;
  checkStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckResults>;
  
  CreateSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  CreateSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  CreateSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  CreateSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  createSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  createSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  createSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  createSignInUrl(argument: _postern_authorize_v1_CreateSignInUrlRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignInUrlResponse>): grpc.ClientUnaryCall;
  
  CreateSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  CreateSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  CreateSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  CreateSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  createSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  createSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  createSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  createSignOutUrl(argument: _postern_authorize_v1_CreateSignOutUrlRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_CreateSignOutUrlResponse>): grpc.ClientUnaryCall;
  
  DescribeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  DescribeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  DescribeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  DescribeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  describeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  describeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  describeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  describeSession(argument: _postern_authorize_v1_DescribeSessionRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_DescribeSessionResponse>): grpc.ClientUnaryCall;
  
  GetKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  GetKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  GetKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  GetKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  getKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  getKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, metadata: grpc.Metadata, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  getKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, options: grpc.CallOptions, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  getKeySet(argument: _postern_authorize_v1_GetKeySetRequest__Input, callback: grpc.requestCallback<_postern_authorize_v1_GetKeySetResponse>): grpc.ClientUnaryCall;
  
}

export interface AuthorizeHandlers extends grpc.UntypedServiceImplementation {
  Check: grpc.handleUnaryCall<_postern_authorize_v1_CheckRequest, _postern_authorize_v1_CheckResponse__Input>;
  
  CheckStream: grpc.handleBidiStreamingCall<_postern_authorize_v1_CheckBatch, _postern_authorize_v1_CheckResults__Input>;
  
  CreateSignInUrl: grpc.handleUnaryCall<_postern_authorize_v1_CreateSignInUrlRequest, _postern_authorize_v1_CreateSignInUrlResponse__Input>;
  
  CreateSignOutUrl: grpc.handleUnaryCall<_postern_authorize_v1_CreateSignOutUrlRequest, _postern_authorize_v1_CreateSignOutUrlResponse__Input>;
  
  DescribeSession: grpc.handleUnaryCall<_postern_authorize_v1_DescribeSessionRequest, _postern_authorize_v1_DescribeSessionResponse__Input>;
  
  GetKeySet: grpc.handleUnaryCall<_postern_authorize_v1_GetKeySetRequest, _postern_authorize_v1_GetKeySetResponse__Input>;
  
}

export interface AuthorizeDefinition extends grpc.ServiceDefinition {
  Check: MethodDefinition<_postern_authorize_v1_CheckRequest__Input, _postern_authorize_v1_CheckResponse__Input, _postern_authorize_v1_CheckRequest, _postern_authorize_v1_CheckResponse>
  CheckStream: MethodDefinition<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckResults__Input, _postern_authorize_v1_CheckBatch, _postern_authorize_v1_CheckResults>
  CreateSignInUrl: MethodDefinition<_postern_authorize_v1_CreateSignInUrlRequest__Input, _postern_authorize_v1_CreateSignInUrlResponse__Input, _postern_authorize_v1_CreateSignInUrlRequest, _postern_authorize_v1_CreateSignInUrlResponse>
  CreateSignOutUrl: MethodDefinition<_postern_authorize_v1_CreateSignOutUrlRequest__Input, _postern_authorize_v1_CreateSignOutUrlResponse__Input, _postern_authorize_v1_CreateSignOutUrlRequest, _postern_authorize_v1_CreateSignOutUrlResponse>
  DescribeSession: MethodDefinition<_postern_authorize_v1_DescribeSessionRequest__Input, _postern_authorize_v1_DescribeSessionResponse__Input, _postern_authorize_v1_DescribeSessionRequest, _postern_authorize_v1_DescribeSessionResponse>
  GetKeySet: MethodDefinition<_postern_authorize_v1_GetKeySetRequest__Input, _postern_authorize_v1_GetKeySetResponse__Input, _postern_authorize_v1_GetKeySetRequest, _postern_authorize_v1_GetKeySetResponse>
}
