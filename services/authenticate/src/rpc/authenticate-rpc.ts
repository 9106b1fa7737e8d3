import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import { grpcService, type GrpcService } from '@postern/shared/grpc/service.ts'
import { unary } from '@postern/shared/grpc/unary.ts'
import type { SessionRefresher } from '../session/session-refresher.ts'
import { redeemTicket, type RedeemTicketDeps } from './redeem-ticket.ts'
import { refreshSession } from './refresh-session.ts'
import { reportUse } from './report-use.ts'
import { verifyAccessToken, type VerifyAccessTokenDeps } from './verify-access-token.ts'
import type { SessionWriter } from '@postern/shared/session/session-store.ts'

export type AuthenticateRpcDeps = RedeemTicketDeps &
  VerifyAccessTokenDeps & {
    readonly sessions: Pick<SessionWriter, 'touch'>
    readonly refresher: SessionRefresher
  }

/** What proxies and authorize may ask of us. None of it makes a session. */
export function authenticateRpc(deps: AuthenticateRpcDeps): GrpcService {
  return grpcService(authenticateService, {
    RedeemTicket: unary(redeemTicket(deps), ['proxy']),
    RefreshSession: unary(refreshSession(deps), ['authorize']),
    ReportUse: unary(reportUse(deps), ['authorize']),
    VerifyAccessToken: unary(verifyAccessToken(deps), ['authorize']),
  })
}
