import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { signJwt } from '../jose/jwt.ts'
import { hmacKey } from '../jose/signing-key.ts'
import { SessionCredentials } from './session-credential.ts'
import { handleOf, newSessionId } from './session-id.ts'

const key = randomBytes(32)
const credentials = new SessionCredentials([key], 'authenticate.example.com')
const now = new Date('2026-05-04T03:02:01Z')
const sessionId = newSessionId(randomBytes)
const content = { sessionId, host: 'a.example.com', issuedAt: now, expiresAt: new Date(now.getTime() + 3_600_000) }
const credential = await credentials.issue(content)

describe('a session credential', () => {
  it('names its session at its own host until it expires', async () => {
    assert.deepEqual(await credentials.verify(credential, 'a.example.com', now), {
      kind: 'valid',
      sessionId,
      handle: handleOf(sessionId),
      expiresAtMs: now.getTime() + 3_600_000,
    })
  })

  it('is useless at another host (SES-02)', async () => {
    for (const host of ['b.example.com', 'example.com', '', 'a.example.com:8443']) {
      assert.equal((await credentials.verify(credential, host, now)).kind, 'refused')
    }
  })

  it('expires', async () => {
    const verdict = await credentials.verify(credential, 'a.example.com', new Date(now.getTime() + 3_600_000))
    assert.deepEqual(verdict, { kind: 'refused', why: 'expired' })
  })

  it('holds a good deal less than a cookie may', () => {
    assert.ok(credential.length < 500, String(credential.length))
  })

  it('is refused, never an exception, with any character changed, cut off or added (SES-04)', async () => {
    const changes = new Set([
      `${credential}A`,
      `${credential}=`,
      `${credential}.`,
      ` ${credential}`,
      '',
      '.',
      '..',
      'a.b.c',
    ])
    for (let at = 0; at < credential.length; at += 1) {
      changes.add(credential.slice(0, at))
      const character = credential.charAt(at)
      const other = character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase()
      if (other !== character) changes.add(credential.slice(0, at) + other + credential.slice(at + 1))
    }
    // The last character of the signature has bits that do not count: no spelling but the one may pass.
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=') {
      changes.add(credential.slice(0, -1) + last)
    }
    changes.delete(credential)
    for (const changed of changes) {
      assert.equal((await credentials.verify(changed, 'a.example.com', now)).kind, 'refused', changed)
    }
  })

  it('is refused unread when it is far too long', async () => {
    const verdict = await credentials.verify('A'.repeat(5000), 'a.example.com', now)
    assert.deepEqual(verdict, { kind: 'refused', why: 'malformed' })
  })

  it('is refused from another issuer, of another type, without signature, or under another key', async () => {
    const claims = { iss: 'authenticate.example.com', aud: 'a.example.com', jti: sessionId, iat: 1, exp: 9_999_999_999 }
    const typ = 'postern-session+jwt'
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forged = [
      await signJwt({ ...claims, iss: 'evil.example.com' }, hmacKey(key), { typ }),
      await signJwt({ ...claims, aud: ['a.example.com', 'b.example.com'] }, hmacKey(key), { typ }),
      await signJwt({ ...claims, jti: undefined }, hmacKey(key), { typ }),
      await signJwt({ ...claims, jti: 'short' }, hmacKey(key), { typ }),
      await signJwt({ ...claims, exp: undefined }, hmacKey(key), { typ }),
      await signJwt(claims, hmacKey(key), { typ: 'JWT' }),
      await signJwt(claims, hmacKey(randomBytes(32)), { typ }),
      `${encoded({ alg: 'none', typ })}.${encoded(claims)}.`,
      `${encoded({ alg: 'none', typ })}.${encoded(claims)}.AAAA`,
    ]
    for (const forgery of forged) {
      assert.equal((await credentials.verify(forgery, 'a.example.com', now)).kind, 'refused', forgery)
    }
    const good = await signJwt(claims, hmacKey(key), { typ })
    assert.equal((await credentials.verify(good, 'a.example.com', now)).kind, 'valid')
  })

  it('survives a key rotation, until its key is removed', async () => {
    const fresh = randomBytes(32)
    const rotated = new SessionCredentials([fresh, key], 'authenticate.example.com')
    assert.equal((await rotated.verify(credential, 'a.example.com', now)).kind, 'valid')
    const issued = await rotated.issue(content)
    const after = new SessionCredentials([fresh], 'authenticate.example.com')
    assert.equal((await after.verify(issued, 'a.example.com', now)).kind, 'valid')
    assert.deepEqual(await after.verify(credential, 'a.example.com', now), { kind: 'refused', why: 'signature' })
  })
})
