import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { signServiceToken, verifyServiceToken } from './service-token.ts'

const key = randomBytes(32)
const now = new Date('2026-05-04T03:02:01Z')
const seconds = Math.floor(now.getTime() / 1000)
const good = { iss: 'proxy', aud: 'authorize', iat: seconds, exp: seconds + 60 }
const header = { alg: 'HS256', typ: 'postern-service+jwt' }

/** A token with exactly this JSON in it, signed as well as can be. */
function forge(payload: string, head: object = header, signer = key): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const signed = `${encode(JSON.stringify(head))}.${encode(payload)}`
  return `${signed}.${createHmac('sha256', signer).update(signed).digest('base64url')}`
}

const verify = (token: string): Promise<string | undefined> => verifyServiceToken(token, key, 'authorize', now)

describe('a service token', () => {
  it('names the service that made it, to the service it was made for', async () => {
    const times = { issuedAtMs: now.getTime(), expiresAtMs: now.getTime() + 60_000 }
    const token = await signServiceToken({ issuer: 'proxy', audience: 'authorize', ...times }, key)
    assert.equal(await verify(token), 'proxy')
    assert.equal(await verifyServiceToken(token, key, 'authenticate', now), undefined)
  })

  it('a hand-made one with the same content is good, so the refusals below are not accidents', async () => {
    assert.equal(await verify(forge(JSON.stringify(good))), 'proxy')
  })

  const refused: Record<string, string> = {
    'made for another service': forge(JSON.stringify({ ...good, aud: 'authenticate' })),
    'without an issuer': forge(JSON.stringify({ ...good, iss: undefined })),
    'without an expiry': forge(JSON.stringify({ ...good, exp: undefined })),
    'without a time of issue': forge(JSON.stringify({ ...good, iat: undefined })),
    'that is over': forge(JSON.stringify({ ...good, iat: seconds - 200, exp: seconds - 100 })),
    'good for more than five minutes': forge(JSON.stringify({ ...good, exp: seconds + 301 })),
    'from the future': forge(JSON.stringify({ ...good, iat: seconds + 120, exp: seconds + 180 })),
    'with two expiries, the later one too late': forge(
      `{"iss":"proxy","aud":"authorize","iat":${seconds},"exp":${seconds + 60},"exp":${seconds + 9_999}}`,
    ),
    'of another kind': forge(JSON.stringify(good), { ...header, typ: 'JWT' }),
    'of no kind': forge(JSON.stringify(good), { alg: 'HS256' }),
    'without a signature': forge(JSON.stringify(good), { ...header, alg: 'none' }).replace(/\.[^.]*$/, '.'),
    'that names another algorithm': forge(JSON.stringify(good), { ...header, alg: 'HS512' }),
    'under another key': forge(JSON.stringify(good), header, randomBytes(32)),
    'that is no token': 'x.y.z',
  }
  for (const [title, token] of Object.entries(refused)) {
    it(`one ${title} is refused`, async () => assert.equal(await verify(token), undefined))
  }
})
