import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import type { GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { connectedChannel } from '@postern/shared/grpc/connected-channel.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import type { AccessTokenVerdict } from './bearer/access-tokens.ts'
import { decodeVerdict } from './bearer/decode-verdict.ts'
import type { SessionUse } from './session/use-recorder.ts'

const codes = { unavailable: 'AUTHENTICATE_UNAVAILABLE', deadline: 'AUTHENTICATE_UNAVAILABLE' } as const

export type RefreshOutcome = 'read-again' | 'ended' | 'idp-unavailable'

/** What authorize asks of authenticate: everything that writes sessions. */
export class AuthenticateCalls {
  readonly #channels: readonly GrpcChannel[]
  readonly #timeoutMs: number
  #turn = 0

  constructor(channels: readonly GrpcChannel[], timeoutMs: number) {
    this.#channels = channels
    this.#timeoutMs = timeoutMs
  }

  /**
   * Renews a session's IdP tokens. @throws PosternError `IDP_UNAVAILABLE` when the grace period is over,
   * `SESSION_STORE_UNAVAILABLE`, `AUTHENTICATE_UNAVAILABLE`; the last also for an outcome that we do not know.
   */
  async refreshSession(sessionHandle: SessionHandle): Promise<RefreshOutcome> {
    const options = { ...codes, timeoutMs: this.#timeoutMs }
    const channel = await this.#next()
    const { outcome } = await callUnary(channel, authenticateService.RefreshSession, { sessionHandle }, options)
    switch (outcome) {
      case 'OUTCOME_REFRESHED':
      case 'OUTCOME_CURRENT':
        return 'read-again'
      case 'OUTCOME_ENDED':
        return 'ended'
      case 'OUTCOME_IDP_UNAVAILABLE':
        return 'idp-unavailable'
      default:
        throw new PosternError('AUTHENTICATE_UNAVAILABLE', 'authenticate answered a refresh in an unknown way')
    }
  }

  /**
   * What the identity provider says of an access token.
   * @throws PosternError `IDP_UNAVAILABLE`, `IDP_MISCONFIGURED`, `AUTHENTICATE_UNAVAILABLE`; the last also for an
   *   outcome that we do not know
   */
  async verifyAccessToken(idpId: string, accessToken: string): Promise<AccessTokenVerdict> {
    const options = { ...codes, timeoutMs: this.#timeoutMs }
    const channel = await this.#next()
    const request = { idpId, accessToken }
    return decodeVerdict(await callUnary(channel, authenticateService.VerifyAccessToken, request, options))
  }

  async reportUse(uses: readonly SessionUse[]): Promise<void> {
    const request = { uses: uses.map(({ handle, lastUsedAtMs }) => ({ sessionHandle: handle, lastUsedAtMs })) }
    const options = { ...codes, timeoutMs: this.#timeoutMs }
    await callUnary(await this.#next(), authenticateService.ReportUse, request, options)
  }

  #next(): Promise<GrpcChannel> {
    const { unavailable } = codes
    return connectedChannel(this.#channels, this.#turn++, { unavailable, withinMs: this.#timeoutMs })
  }
}
