import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf } from '@postern/shared/session/session-id.ts'
import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import { bindingMatches } from '@postern/shared/session/sign-in-binding.ts'
import { ticketLifetimeMs, type Tickets } from '@postern/shared/session/ticket.ts'
import type { AuthenticateMetrics } from '../metrics.ts'
import { findSession } from '../session/session-record.ts'

interface RedeemTicketRequest {
  readonly ticket: string
  readonly host: string
  readonly signInBinding: string
}

interface RedeemTicketResponse {
  readonly credential: string
  readonly expiresAtMs: number
  readonly redirectUri: string
  /** Empty: go to `redirectUri`. */
  readonly continueAt: string
}

export interface RedeemTicketDeps {
  readonly sessions: Pick<SessionStore, 'find' | 'claimOnce'>
  readonly tickets: Tickets
  readonly credentials: SessionCredentials
  readonly clock: Clock
  readonly metrics: Pick<AuthenticateMetrics, 'ticket'>
}

/**
 * A ticket becomes the session credential of one host: once, in time, at the host it was made for, in the browser that
 * began, and only while the session lives. Everything else is `TICKET_INVALID`, without saying which.
 */
export function redeemTicket(deps: RedeemTicketDeps) {
  return (request: RedeemTicketRequest): Promise<RedeemTicketResponse> =>
    deps.metrics.ticket(() => redeem(deps, request))
}

async function redeem(deps: RedeemTicketDeps, request: RedeemTicketRequest): Promise<RedeemTicketResponse> {
  const now = deps.clock.now()
  const ticket = deps.tickets.open(request.ticket, now)
  if (ticket.kind === 'refused') throw invalid(ticket.why)
  if (ticket.host !== request.host) throw invalid('presented at another host')
  if (!bindingMatches(request.signInBinding, ticket.bindingHash)) throw invalid('presented by another browser')
  await claim(deps, ticket.ticketId)
  const session = await findSession(deps.sessions, handleOf(ticket.sessionId))
  if (!session || now.getTime() >= sessionEndMs(session)) throw invalid('its session is over')
  const credential = await deps.credentials.issue({
    sessionId: ticket.sessionId,
    host: ticket.host,
    issuedAt: now,
    expiresAt: new Date(session.expiresAtMs),
  })
  return {
    credential,
    expiresAtMs: session.expiresAtMs,
    redirectUri: ticket.redirectUri,
    continueAt: ticket.continueAt ?? '',
  }
}

async function claim(deps: RedeemTicketDeps, ticketId: string): Promise<void> {
  // Longer than the ticket lives by any replica's clock.
  const claimed = await deps.sessions.claimOnce(`ticket:${ticketId}`, 4 * ticketLifetimeMs)
  if (claimed.kind === 'unavailable') {
    throw new PosternError('SESSION_STORE_UNAVAILABLE', 'a ticket could not be claimed', { cause: claimed.cause })
  }
  if (claimed.kind === 'repeated') throw invalid('used before')
}

function invalid(why: string): PosternError {
  return new PosternError('TICKET_INVALID', `the ticket is refused: ${why}`)
}
