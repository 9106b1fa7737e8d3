import { generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

type Json = Readonly<Record<string, unknown>>

/** Somebody who signs tokens and publishes the keys, as well or as badly as a test says. */
export interface IssuerUnderTest extends AsyncDisposable {
  readonly url: string
  readonly jwksUrl: URL
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[]
  /** A good token but for what is given; `undefined` takes a claim away. */
  token(claims?: Json, header?: Json): string
  /** Signs exactly these parts with the current key. */
  signParts(header: string, claims: string): string
  rotate(): void
  /** From now on answers with this status; `undefined`: properly again. */
  fail(status: number | undefined): void
  readonly publicKey: JsonWebKey
}

export async function startIssuer(defaults: Json = {}): Promise<IssuerUnderTest> {
  const asked: string[] = []
  let key = newKey(1)
  let count = 1
  let failing: number | undefined
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (failing !== undefined) response.writeHead(failing).end('no')
    else if (request.url === '/keys') response.end(JSON.stringify({ keys: [key.jwk] }))
    else response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const signParts = (header: string, claims: string): string => {
    const input = `${encode(header)}.${encode(claims)}`
    return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`
  }
  return {
    url,
    jwksUrl: new URL(`${url}/keys`),
    asked,
    signParts,
    token: (claims = {}, header = {}) => {
      const seconds = Math.floor(Date.now() / 1000)
      const all = { iss: url, sub: 'robot', iat: seconds, exp: seconds + 600, ...defaults, ...claims }
      return signParts(JSON.stringify({ alg: 'RS256', kid: key.jwk['kid'], ...header }), JSON.stringify(all))
    },
    rotate: () => {
      count += 1
      key = newKey(count)
    },
    fail: (status) => (failing = status),
    get publicKey() {
      return key.jwk
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function newKey(number: number): { privateKey: KeyObject; jwk: JsonWebKey } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: `key-${String(number)}`, alg: 'RS256', use: 'sig' }
  return { privateKey, jwk }
}
