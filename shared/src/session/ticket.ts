import { keyPurposes } from '../crypto/keys.ts'
import type { Sealer } from '../crypto/seal.ts'
import { type RandomBytes, systemRandom } from '../random.ts'
import type { SessionId } from './session.ts'

/** How long a ticket may be on its way from authenticate to the route's host. */
export const ticketLifetimeMs = 30_000
const maxTicketChars = 16_384
const ticketIdBytes = 16

/** What a ticket carries. Whoever opens it still has to claim `ticketId` once, and to check host and binding. */
export interface TicketContent {
  readonly sessionId: SessionId
  /** The one host, in canonical form, at which it can be redeemed. */
  readonly host: string
  /** Where the person was going: an absolute URL on that host. */
  readonly redirectUri: string
  /** See `sign-in-binding.ts`. */
  readonly bindingHash: string
  /** Where the browser goes instead of `redirectUri`: the sign-in goes on at another host. */
  readonly continueAt?: string
}

export type OpenedTicket =
  | ({ readonly kind: 'open'; readonly ticketId: string; readonly expiresAtMs: number } & TicketContent)
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'expired' }

interface SealedTicket extends TicketContent {
  readonly ticketId: string
  readonly expiresAtMs: number
}

/** Sealed one-time tickets, which carry a new session to a route's host. */
export class Tickets {
  readonly #sealer: Sealer
  readonly #random: RandomBytes

  constructor(sealer: Sealer, random: RandomBytes = systemRandom) {
    this.#sealer = sealer
    this.#random = random
  }

  issue(content: TicketContent, now: Date): string {
    const ticketId = this.#random(ticketIdBytes).toString('base64url')
    const expiresAtMs = now.getTime() + ticketLifetimeMs
    const ticket: SealedTicket = { ...content, ticketId, expiresAtMs }
    return this.#sealer.seal(JSON.stringify(ticket), keyPurposes.ticket)
  }

  open(ticket: string, now: Date): OpenedTicket {
    const text = ticket.length > maxTicketChars ? undefined : this.#sealer.open(ticket, keyPurposes.ticket)
    if (text === undefined) return { kind: 'refused', why: 'malformed' }
    const content = JSON.parse(text) as SealedTicket // authentic: `issue` wrote it
    return now.getTime() < content.expiresAtMs ? { kind: 'open', ...content } : { kind: 'refused', why: 'expired' }
  }
}
