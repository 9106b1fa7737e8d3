import type { GrpcConfig, ProxyConfig } from '@postern/shared/config/model.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import { openChannel, type GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { connectedChannel } from '@postern/shared/grpc/connected-channel.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'

export interface TicketPresented {
  readonly ticket: string
  /** The host it was presented at, in canonical form. */
  readonly host: string
  /** The value of this browser's sign-in binding cookie on that host. */
  readonly signInBinding: string | undefined
}

export interface TicketRedeemed {
  /** The session cookie's value for this host. */
  readonly credential: string
  readonly expiresAtMs: number
  /** Where the person was going: an absolute URL on this host. */
  readonly redirectUri: string
  /** Where to go instead: the sign-in goes on at another host, or is back from there. */
  readonly continueAt?: string
}

/** Exchanges one-time tickets for session credentials. */
export interface TicketRedeemer extends AsyncDisposable {
  /** @throws PosternError `TICKET_INVALID` when it is used, old, or another host's or browser's; `AUTHENTICATE_UNAVAILABLE`. */
  redeem(ticket: TicketPresented): Promise<TicketRedeemed>
}

/** Redeeming is two commands to Redis: an authenticate that takes longer is stuck, and a person is waiting. */
const maxRedeemMs = 3_000

type TicketRedeemerConfig = Pick<ProxyConfig, 'authenticateTargets'> & {
  readonly grpc: Pick<GrpcConfig, 'security' | 'clientTimeoutMs'>
}

/**
 * Opens the way to authenticate. Does not wait for a connection. A ticket is sent once and never again: after a lost
 * answer it may have been used, and the person starts anew.
 */
export async function openTicketRedeemer(config: TicketRedeemerConfig): Promise<TicketRedeemer> {
  await using opening = new AsyncDisposableStack()
  const { security, clientTimeoutMs } = config.grpc
  const timeoutMs = Math.min(clientTimeoutMs, maxRedeemMs)
  const channels: GrpcChannel[] = []
  for (const target of config.authenticateTargets) {
    channels.push(opening.use(await openChannel(target, { security, self: 'proxy', service: 'authenticate' })))
  }
  const open = opening.move()
  let turn = 0
  return {
    redeem: async ({ ticket, host, signInBinding = '' }) => {
      const unavailable = 'AUTHENTICATE_UNAVAILABLE'
      const channel = await connectedChannel(channels, turn++, { unavailable, withinMs: timeoutMs })
      const options = { unavailable, deadline: unavailable, timeoutMs } as const
      const request = { ticket, host, signInBinding }
      const { continueAt, ...redeemed } = await callUnary(channel, authenticateService.RedeemTicket, request, options)
      return continueAt === '' ? redeemed : { ...redeemed, continueAt }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
