import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AuthenticateClient as _postern_authenticate_v1_AuthenticateClient, AuthenticateDefinition as _postern_authenticate_v1_AuthenticateDefinition } from './postern/authenticate/v1/Authenticate.ts';
import type { RedeemTicketRequest__Input as _postern_authenticate_v1_RedeemTicketRequest__Input, RedeemTicketRequest as _postern_authenticate_v1_RedeemTicketRequest } from './postern/authenticate/v1/RedeemTicketRequest.ts';
import type { RedeemTicketResponse__Input as _postern_authenticate_v1_RedeemTicketResponse__Input, RedeemTicketResponse as _postern_authenticate_v1_RedeemTicketResponse } from './postern/authenticate/v1/RedeemTicketResponse.ts';
import type { RefreshSessionRequest__Input as _postern_authenticate_v1_RefreshSessionRequest__Input, RefreshSessionRequest as _postern_authenticate_v1_RefreshSessionRequest } from './postern/authenticate/v1/RefreshSessionRequest.ts';
import type { RefreshSessionResponse__Input as _postern_authenticate_v1_RefreshSessionResponse__Input, RefreshSessionResponse as _postern_authenticate_v1_RefreshSessionResponse } from './postern/authenticate/v1/RefreshSessionResponse.ts';
import type { ReportUseRequest__Input as _postern_authenticate_v1_ReportUseRequest__Input, ReportUseRequest as _postern_authenticate_v1_ReportUseRequest } from './postern/authenticate/v1/ReportUseRequest.ts';
import type { ReportUseResponse__Input as _postern_authenticate_v1_ReportUseResponse__Input, ReportUseResponse as _postern_authenticate_v1_ReportUseResponse } from './postern/authenticate/v1/ReportUseResponse.ts';
import type { SessionUse__Input as _postern_authenticate_v1_SessionUse__Input, SessionUse as _postern_authenticate_v1_SessionUse } from './postern/authenticate/v1/SessionUse.ts';
import type { VerifyAccessTokenRequest__Input as _postern_authenticate_v1_VerifyAccessTokenRequest__Input, VerifyAccessTokenRequest as _postern_authenticate_v1_VerifyAccessTokenRequest } from './postern/authenticate/v1/VerifyAccessTokenRequest.ts';
import type { VerifyAccessTokenResponse__Input as _postern_authenticate_v1_VerifyAccessTokenResponse__Input, VerifyAccessTokenResponse as _postern_authenticate_v1_VerifyAccessTokenResponse } from './postern/authenticate/v1/VerifyAccessTokenResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  postern: {
    authenticate: {
      v1: {
        Authenticate: SubtypeConstructor<typeof grpc.Client, _postern_authenticate_v1_AuthenticateClient> & { service: _postern_authenticate_v1_AuthenticateDefinition }
        RedeemTicketRequest: MessageTypeDefinition<_postern_authenticate_v1_RedeemTicketRequest__Input, _postern_authenticate_v1_RedeemTicketRequest>
        RedeemTicketResponse: MessageTypeDefinition<_postern_authenticate_v1_RedeemTicketResponse__Input, _postern_authenticate_v1_RedeemTicketResponse>
        RefreshSessionRequest: MessageTypeDefinition<_postern_authenticate_v1_RefreshSessionRequest__Input, _postern_authenticate_v1_RefreshSessionRequest>
        RefreshSessionResponse: MessageTypeDefinition<_postern_authenticate_v1_RefreshSessionResponse__Input, _postern_authenticate_v1_RefreshSessionResponse>
        ReportUseRequest: MessageTypeDefinition<_postern_authenticate_v1_ReportUseRequest__Input, _postern_authenticate_v1_ReportUseRequest>
        ReportUseResponse: MessageTypeDefinition<_postern_authenticate_v1_ReportUseResponse__Input, _postern_authenticate_v1_ReportUseResponse>
        SessionUse: MessageTypeDefinition<_postern_authenticate_v1_SessionUse__Input, _postern_authenticate_v1_SessionUse>
        VerifyAccessTokenRequest: MessageTypeDefinition<_postern_authenticate_v1_VerifyAccessTokenRequest__Input, _postern_authenticate_v1_VerifyAccessTokenRequest>
        VerifyAccessTokenResponse: MessageTypeDefinition<_postern_authenticate_v1_VerifyAccessTokenResponse__Input, _postern_authenticate_v1_VerifyAccessTokenResponse>
      }
    }
  }
}

