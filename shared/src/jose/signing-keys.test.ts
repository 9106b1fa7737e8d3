import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose'
import { PosternError } from '../errors/postern-error.ts'
import { Secret } from '../secret.ts'
import { signJwt, verifyJwt } from './jwt.ts'
import { importSigningKeys, publicKeySet } from './signing-keys.ts'

const shared = new Secret(randomBytes(32).toString('base64'))
const now = new Date('2026-05-04T03:02:01Z')
const seconds = now.getTime() / 1000
const claims = { iss: 'a.example.com', aud: 'a.example.com', iat: seconds, exp: seconds + 300, sub: 'ada' }

function pem(key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string {
  return key.export({ type, format: 'pem' }).toString()
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

describe('assertion signing keys', () => {
  it('derived from the shared secret are the same on every replica, and others for another secret', () => {
    const kid = (secret: Secret): string | undefined => importSigningKeys({ kind: 'derived' }, [secret])[0]?.keyId
    assert.equal(kid(shared), kid(shared))
    assert.notEqual(kid(shared), kid(new Secret(randomBytes(32).toString('base64'))))
  })

  it('derived from several secrets sign with the first and are all published', () => {
    const other = new Secret(randomBytes(32).toString('base64'))
    const ids = (...secrets: Secret[]) => importSigningKeys({ kind: 'derived' }, secrets).map(({ keyId }) => keyId)
    assert.deepEqual(ids(other, shared), [...ids(other), ...ids(shared)])
  })

  it('sign what anybody can verify with the published set', async () => {
    const configured = { kind: 'pem', pem: new Secret(`${pem(ec, 'sec1')}\n${pem(rsa, 'pkcs1')}`) } as const
    const keys = [...importSigningKeys({ kind: 'derived' }, [shared]), ...importSigningKeys(configured, [shared])]
    assert.deepEqual(
      keys.map((key) => key.algorithm),
      ['ES256', 'ES256', 'RS256'],
    )
    const published = createLocalJWKSet(publicKeySet(keys) as unknown as Parameters<typeof createLocalJWKSet>[0])
    for (const key of keys) {
      const token = await signJwt(claims, key, { typ: 'JWT' })
      const verified = await jwtVerify(token, published, { currentDate: now })
      assert.equal(verified.protectedHeader.kid, key.keyId)
      assert.deepEqual(verified.payload, claims)
    }
  })

  it('publish only public members, with the RFC 7638 thumbprint in hex as key id', async () => {
    const keys = importSigningKeys({ kind: 'pem', pem: new Secret(pem(ec) + pem(rsa)) }, [shared])
    for (const jwk of publicKeySet(keys).keys) {
      const names =
        jwk.kty === 'EC' ? ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'] : ['alg', 'e', 'kid', 'kty', 'n', 'use']
      assert.deepEqual(Object.keys(jwk).sort(), names)
      const thumbprint = await calculateJwkThumbprint(jwk)
      assert.equal(jwk.kid, Buffer.from(thumbprint, 'base64url').toString('hex'))
    }
  })

  for (const [what, text] of [
    ['no key', 'nothing'],
    [
      'a public key only',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['a broken key', pem(ec).replace(/[A-Z]{2}/g, 'AA')],
    ['an Ed25519 key', pem(generateKeyPairSync('ed25519').privateKey)],
    ['a P-384 key', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
  ] as const) {
    it(`are refused from a file with ${what}`, () => {
      assert.throws(
        () => importSigningKeys({ kind: 'pem', pem: new Secret(text) }, [shared]),
        (error) => error instanceof PosternError && error.code === 'CONFIG_INVALID',
      )
    })
  }
})

describe('verifyJwt', () => {
  const keys = importSigningKeys({ kind: 'derived' }, [shared])
  const options = { keys, typ: 'JWT', issuer: 'a.example.com', audience: 'a.example.com', now, maxChars: 4096 }
  const sign = (changes: object): Promise<string> => {
    const [key] = keys
    assert.ok(key)
    return signJwt({ ...claims, ...changes }, key, { typ: 'JWT' })
  }

  it('gives the claims of a good token', async () => {
    assert.deepEqual(await verifyJwt(await sign({}), options), { kind: 'valid', claims })
  })

  for (const [what, changes, why] of [
    ['is expired', { exp: seconds }, 'expired'],
    ['is not valid yet', { nbf: seconds + 1 }, 'claims'],
    ['has no expiry', { exp: undefined }, 'claims'],
    ['has no issue time', { iat: undefined }, 'claims'],
    ['is for somebody else', { aud: 'b.example.com' }, 'claims'],
    ['is for several', { aud: ['a.example.com', 'b.example.com'] }, 'claims'],
    ['is from somebody else', { iss: 'b.example.com' }, 'claims'],
  ] as const) {
    it(`refuses a token that ${what}`, async () => {
      assert.deepEqual(await verifyJwt(await sign(changes), options), { kind: 'refused', why })
    })
  }

  it('forgives as much clock difference as it is told to', async () => {
    const token = await sign({ exp: seconds - 5 })
    assert.equal((await verifyJwt(token, { ...options, clockToleranceMs: 10_000 })).kind, 'valid')
  })
})
