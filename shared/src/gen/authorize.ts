import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Allow__Input as _postern_authorize_v1_Allow__Input, Allow as _postern_authorize_v1_Allow } from './postern/authorize/v1/Allow.ts';
import type { AuthorizeClient as _postern_authorize_v1_AuthorizeClient, AuthorizeDefinition as _postern_authorize_v1_AuthorizeDefinition } from './postern/authorize/v1/Authorize.ts';
import type { Check__Input as _postern_authorize_v1_Check__Input, Check as _postern_authorize_v1_Check } from './postern/authorize/v1/Check.ts';
import type { CheckBatch__Input as _postern_authorize_v1_CheckBatch__Input, CheckBatch as _postern_authorize_v1_CheckBatch } from './postern/authorize/v1/CheckBatch.ts';
import type { CheckError__Input as _postern_authorize_v1_CheckError__Input, CheckError as _postern_authorize_v1_CheckError } from './postern/authorize/v1/CheckError.ts';
import type { CheckRequest__Input as _postern_authorize_v1_CheckRequest__Input, CheckRequest as _postern_authorize_v1_CheckRequest } from './postern/authorize/v1/CheckRequest.ts';
import type { CheckResponse__Input as _postern_authorize_v1_CheckResponse__Input, CheckResponse as _postern_authorize_v1_CheckResponse } from './postern/authorize/v1/CheckResponse.ts';
import type { CheckResult__Input as _postern_authorize_v1_CheckResult__Input, CheckResult as _postern_authorize_v1_CheckResult } from './postern/authorize/v1/CheckResult.ts';
import type { CheckResults__Input as _postern_authorize_v1_CheckResults__Input, CheckResults as _postern_authorize_v1_CheckResults } from './postern/authorize/v1/CheckResults.ts';
import type { ClientCertificate__Input as _postern_authorize_v1_ClientCertificate__Input, ClientCertificate as _postern_authorize_v1_ClientCertificate } from './postern/authorize/v1/ClientCertificate.ts';
import type { CreateSignInUrlRequest__Input as _postern_authorize_v1_CreateSignInUrlRequest__Input, CreateSignInUrlRequest as _postern_authorize_v1_CreateSignInUrlRequest } from './postern/authorize/v1/CreateSignInUrlRequest.ts';
import type { CreateSignInUrlResponse__Input as _postern_authorize_v1_CreateSignInUrlResponse__Input, CreateSignInUrlResponse as _postern_authorize_v1_CreateSignInUrlResponse } from './postern/authorize/v1/CreateSignInUrlResponse.ts';
import type { CreateSignOutUrlRequest__Input as _postern_authorize_v1_CreateSignOutUrlRequest__Input, CreateSignOutUrlRequest as _postern_authorize_v1_CreateSignOutUrlRequest } from './postern/authorize/v1/CreateSignOutUrlRequest.ts';
import type { CreateSignOutUrlResponse__Input as _postern_authorize_v1_CreateSignOutUrlResponse__Input, CreateSignOutUrlResponse as _postern_authorize_v1_CreateSignOutUrlResponse } from './postern/authorize/v1/CreateSignOutUrlResponse.ts';
import type { Deny__Input as _postern_authorize_v1_Deny__Input, Deny as _postern_authorize_v1_Deny } from './postern/authorize/v1/Deny.ts';
import type { DescribeSessionRequest__Input as _postern_authorize_v1_DescribeSessionRequest__Input, DescribeSessionRequest as _postern_authorize_v1_DescribeSessionRequest } from './postern/authorize/v1/DescribeSessionRequest.ts';
import type { DescribeSessionResponse__Input as _postern_authorize_v1_DescribeSessionResponse__Input, DescribeSessionResponse as _postern_authorize_v1_DescribeSessionResponse } from './postern/authorize/v1/DescribeSessionResponse.ts';
import type { GetKeySetRequest__Input as _postern_authorize_v1_GetKeySetRequest__Input, GetKeySetRequest as _postern_authorize_v1_GetKeySetRequest } from './postern/authorize/v1/GetKeySetRequest.ts';
import type { GetKeySetResponse__Input as _postern_authorize_v1_GetKeySetResponse__Input, GetKeySetResponse as _postern_authorize_v1_GetKeySetResponse } from './postern/authorize/v1/GetKeySetResponse.ts';
import type { Header__Input as _postern_authorize_v1_Header__Input, Header as _postern_authorize_v1_Header } from './postern/authorize/v1/Header.ts';
import type { SessionCredential__Input as _postern_authorize_v1_SessionCredential__Input, SessionCredential as _postern_authorize_v1_SessionCredential } from './postern/authorize/v1/SessionCredential.ts';
import type { SignIn__Input as _postern_authorize_v1_SignIn__Input, SignIn as _postern_authorize_v1_SignIn } from './postern/authorize/v1/SignIn.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  postern: {
    authorize: {
      v1: {
        Allow: MessageTypeDefinition<_postern_authorize_v1_Allow__Input, _postern_authorize_v1_Allow>
        Authorize: SubtypeConstructor<typeof grpc.Client, _postern_authorize_v1_AuthorizeClient> & { service: _postern_authorize_v1_AuthorizeDefinition }
        Check: MessageTypeDefinition<_postern_authorize_v1_Check__Input, _postern_authorize_v1_Check>
        CheckBatch: MessageTypeDefinition<_postern_authorize_v1_CheckBatch__Input, _postern_authorize_v1_CheckBatch>
        CheckError: MessageTypeDefinition<_postern_authorize_v1_CheckError__Input, _postern_authorize_v1_CheckError>
        CheckRequest: MessageTypeDefinition<_postern_authorize_v1_CheckRequest__Input, _postern_authorize_v1_CheckRequest>
        CheckResponse: MessageTypeDefinition<_postern_authorize_v1_CheckResponse__Input, _postern_authorize_v1_CheckResponse>
        CheckResult: MessageTypeDefinition<_postern_authorize_v1_CheckResult__Input, _postern_authorize_v1_CheckResult>
        CheckResults: MessageTypeDefinition<_postern_authorize_v1_CheckResults__Input, _postern_authorize_v1_CheckResults>
        ClientCertificate: MessageTypeDefinition<_postern_authorize_v1_ClientCertificate__Input, _postern_authorize_v1_ClientCertificate>
        CreateSignInUrlRequest: MessageTypeDefinition<_postern_authorize_v1_CreateSignInUrlRequest__Input, _postern_authorize_v1_CreateSignInUrlRequest>
        CreateSignInUrlResponse: MessageTypeDefinition<_postern_authorize_v1_CreateSignInUrlResponse__Input, _postern_authorize_v1_CreateSignInUrlResponse>
        CreateSignOutUrlRequest: MessageTypeDefinition<_postern_authorize_v1_CreateSignOutUrlRequest__Input, _postern_authorize_v1_CreateSignOutUrlRequest>
        CreateSignOutUrlResponse: MessageTypeDefinition<_postern_authorize_v1_CreateSignOutUrlResponse__Input, _postern_authorize_v1_CreateSignOutUrlResponse>
        Deny: MessageTypeDefinition<_postern_authorize_v1_Deny__Input, _postern_authorize_v1_Deny>
        DescribeSessionRequest: MessageTypeDefinition<_postern_authorize_v1_DescribeSessionRequest__Input, _postern_authorize_v1_DescribeSessionRequest>
        DescribeSessionResponse: MessageTypeDefinition<_postern_authorize_v1_DescribeSessionResponse__Input, _postern_authorize_v1_DescribeSessionResponse>
        GetKeySetRequest: MessageTypeDefinition<_postern_authorize_v1_GetKeySetRequest__Input, _postern_authorize_v1_GetKeySetRequest>
        GetKeySetResponse: MessageTypeDefinition<_postern_authorize_v1_GetKeySetResponse__Input, _postern_authorize_v1_GetKeySetResponse>
        Header: MessageTypeDefinition<_postern_authorize_v1_Header__Input, _postern_authorize_v1_Header>
        SessionCredential: MessageTypeDefinition<_postern_authorize_v1_SessionCredential__Input, _postern_authorize_v1_SessionCredential>
        SignIn: MessageTypeDefinition<_postern_authorize_v1_SignIn__Input, _postern_authorize_v1_SignIn>
      }
    }
  }
}

