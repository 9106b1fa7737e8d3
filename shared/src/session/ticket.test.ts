import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { Sealer } from '../crypto/seal.ts'
import { openTokens, sealTokens } from './idp-tokens.ts'
import { newSessionId } from './session-id.ts'
import { Tickets } from './ticket.ts'

const sealer = new Sealer([randomBytes(32)])
const tickets = new Tickets(sealer)
const now = new Date('2026-05-04T03:02:01Z')
const later = (ms: number): Date => new Date(now.getTime() + ms)
const content = {
  sessionId: newSessionId(randomBytes),
  host: 'a.example.com',
  redirectUri: 'https://a.example.com/deep?link',
  bindingHash: 'hash',
}

describe('a ticket', () => {
  it('opens for thirty seconds and carries what was put in', () => {
    const opened = tickets.open(tickets.issue(content, now), later(29_999))
    assert.equal(opened.kind, 'open')
    const { ticketId, ...rest } = opened
    assert.deepEqual(rest, { kind: 'open', ...content, expiresAtMs: now.getTime() + 30_000 })
    assert.ok(ticketId.length >= 20)
  })

  it('expires after thirty seconds', () => {
    assert.deepEqual(tickets.open(tickets.issue(content, now), later(30_000)), { kind: 'refused', why: 'expired' })
  })

  it('has an id of its own each time', () => {
    const ids = [1, 2].map(() => {
      const opened = tickets.open(tickets.issue(content, now), now)
      return opened.kind === 'open' ? opened.ticketId : undefined
    })
    assert.equal(new Set(ids).size, 2)
  })

  it('shows nothing of the session to those who pass it on', () => {
    const bytes = Buffer.from(tickets.issue(content, now), 'base64url')
    assert.ok(!bytes.includes(Buffer.from(content.sessionId)))
  })

  it('is refused when changed, or when something else was sealed', () => {
    const ticket = tickets.issue(content, now)
    const others = ['', 'x', ticket.slice(1), ticket.slice(0, -1), `${ticket}A`, 'A'.repeat(20_000)]
    const tokens = sealTokens(sealer, { accessToken: undefined, refreshToken: undefined, idToken: undefined })
    for (const other of [...others, tokens]) {
      assert.deepEqual(tickets.open(other, now), { kind: 'refused', why: 'malformed' })
    }
  })
})

describe('sealed IdP tokens', () => {
  it('open with the key, as they were', () => {
    const tokens = { accessToken: 'access', refreshToken: undefined, idToken: 'id' }
    const sealed = sealTokens(sealer, tokens)
    assert.deepEqual(openTokens(sealer, sealed), tokens)
    assert.equal(openTokens(new Sealer([randomBytes(32)]), sealed), undefined)
    assert.equal(openTokens(sealer, tickets.issue(content, now)), undefined)
  })
})
