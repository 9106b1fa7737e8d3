import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Clock } from '@postern/shared/clock.ts'

type Json = Record<string, unknown>
type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** What to do differently; everything left out is done right. */
export interface Misbehaviour {
  /** Changes the claims of ID tokens. */
  claims?: (claims: Json) => Json
  /** Changes the header of ID tokens. */
  header?: (header: Json) => Json
  /** Replaces the signature. */
  signature?: (signingInput: string) => string
  /** Changes the token endpoint's answer. */
  tokens?: (answer: Json) => Json
  userInfo?: (claims: Json) => Json
  discovery?: (document: Json) => Json
  keySet?: (document: Json) => Json
  /** Answers instead of an endpoint, by path. */
  instead?: Readonly<Record<string, Handler>>
}

interface Grant {
  readonly nonce: string
  readonly challenge: string
  readonly subject: string
  readonly sid?: string | undefined
  readonly clientId: string
  /** Which sign-in: all refresh tokens that follow from it end together. */
  readonly family: string
}

const paths = {
  discovery: '/.well-known/openid-configuration',
  keySet: '/jwks',
  token: '/token',
  userInfo: '/userinfo',
  revocation: '/revoke',
} as const

/**
 * An OpenID provider in a few lines that does everything right until told otherwise. The person's part is played by the
 * test: `approve` turns an authorization URL into the redirect back.
 */
export class MisbehavingIdp implements AsyncDisposable {
  readonly clientId = 'postern'
  readonly clientSecret = 'the client secret'
  behave: Misbehaviour = {}
  subject = 'ada'
  /** The `sid` of the next sign-in: the session at the IdP. */
  sid: string | undefined
  groups: readonly string[] | undefined = ['engineering']
  expiresInSeconds = 3_600
  /** Seconds since the epoch; authentication, not issue. */
  authTime: number
  /** `POST /token`, in order. */
  readonly requests: string[] = []
  /** The parameters of every request to the token endpoint. */
  readonly tokenRequests: URLSearchParams[] = []
  readonly revoked: string[] = []
  /** How often a refresh token came that was used before. */
  reusedRefreshTokens = 0
  /** Every code and token it ever gave away. */
  readonly secrets: string[] = []
  readonly #clock: Clock
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #codes = new Map<string, Grant>()
  /** Good refresh tokens and what they were given for. */
  readonly #refreshTokens = new Map<string, Grant>()
  /** Used ones, and the sign-in that they came from. */
  readonly #usedRefreshTokens = new Map<string, string>()
  /** Each client's secret. */
  readonly clients = new Map([[this.clientId, this.clientSecret]])
  #key = newKey('first')

  private constructor(clock: Clock) {
    this.#clock = clock
    this.authTime = this.#seconds()
  }

  static async start(clock: Clock, behave: Misbehaviour = {}): Promise<MisbehavingIdp> {
    const idp = new MisbehavingIdp(clock)
    idp.behave = behave
    await new Promise<void>((resolve) => idp.#server.listen(0, '127.0.0.1', resolve))
    return idp
  }

  get issuer(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  count(request: string): number {
    return this.requests.filter((one) => one === request).length
  }

  /** As if an administrator had ended the person's session there. */
  forgetRefreshToken(): void {
    this.#refreshTokens.clear()
  }

  rotateKeys(kid: string): void {
    this.#key = newKey(kid)
  }

  /** The person signs in: the IdP's redirect back, as a URL. */
  approve(authorizationUrl: URL): URL {
    const asked = authorizationUrl.searchParams
    const code = randomBytes(16).toString('hex')
    this.secrets.push(code, asked.get('state') ?? '', asked.get('nonce') ?? '')
    this.#codes.set(code, {
      nonce: asked.get('nonce') ?? '',
      challenge: asked.get('code_challenge') ?? '',
      subject: this.subject,
      sid: this.sid,
      clientId: asked.get('client_id') ?? '',
      family: code,
    })
    return this.#back(asked, { code })
  }

  /** The IdP sends the person back with an error. */
  decline(authorizationUrl: URL, error: string, description = ''): URL {
    return this.#back(authorizationUrl.searchParams, { error, error_description: description })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #back(asked: URLSearchParams, parameters: Record<string, string>): URL {
    const back = new URL(asked.get('redirect_uri') ?? '')
    for (const [name, value] of Object.entries({ ...parameters, state: asked.get('state') ?? '', iss: this.issuer })) {
      back.searchParams.set(name, value)
    }
    return back
  }

  /** What the endpoint does when nothing is done instead. */
  respond(request: IncomingMessage, response: ServerResponse, body: string): void {
    const handler = this.#endpoints[pathOf(request)]
    if (handler) handler(request, response, body)
    else send(response, 404, {})
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${pathOf(request)}`)
    const body = await text(request)
    const instead = this.behave.instead?.[pathOf(request)]
    if (instead) instead(request, response, body)
    else this.respond(request, response, body)
  }

  readonly #endpoints: Readonly<Record<string, Handler>> = {
    [paths.discovery]: (_request, response) => {
      const document = {
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/authorize`,
        token_endpoint: `${this.issuer}${paths.token}`,
        userinfo_endpoint: `${this.issuer}${paths.userInfo}`,
        jwks_uri: `${this.issuer}${paths.keySet}`,
        revocation_endpoint: `${this.issuer}${paths.revocation}`,
        end_session_endpoint: `${this.issuer}/logout`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      }
      send(response, 200, this.behave.discovery?.(document) ?? document)
    },
    [paths.keySet]: (_request, response) => {
      const document = { keys: [this.#key.jwk] }
      send(response, 200, this.behave.keySet?.(document) ?? document)
    },
    [paths.userInfo]: (_request, response) => {
      const claims = { sub: this.subject, email: `${this.subject}@example.com`, groups: this.groups }
      send(response, 200, this.behave.userInfo?.(claims) ?? claims)
    },
    [paths.revocation]: (_request, response, body) => {
      this.revoked.push(new URLSearchParams(body).get('token') ?? '')
      send(response, 200, {})
    },
    [paths.token]: (request, response, body) => {
      const asked = new URLSearchParams(body)
      this.tokenRequests.push(asked)
      if (this.#clientOf(request, asked) === undefined) {
        send(response, 401, { error: 'invalid_client' })
        return
      }
      const client = this.#clientOf(request, asked)
      const given = asked.get('grant_type') === 'refresh_token' ? this.#refreshGrant(asked) : this.#codeGrant(asked)
      const grant = given?.clientId === client ? given : undefined
      if (grant) send(response, 200, this.#issue(grant))
      else send(response, 400, { error: 'invalid_grant' })
    },
  }

  #seconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1_000)
  }

  #clientOf(request: IncomingMessage, asked: URLSearchParams): string | undefined {
    const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    const [id, secret] = basic === '' ? [asked.get('client_id'), asked.get('client_secret')] : basic.split(':')
    const expected = this.clients.get(id ?? '')
    return decodeURIComponent((secret ?? '').replaceAll('+', ' ')) === expected ? (id ?? undefined) : undefined
  }

  /** A code is good once, with the right verifier. */
  #codeGrant(asked: URLSearchParams): Grant | undefined {
    const code = asked.get('code') ?? ''
    const grant = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash('sha256')
      .update(asked.get('code_verifier') ?? '')
      .digest('base64url')
    return grant?.challenge === challenge ? grant : undefined
  }

  /** A refresh token is good once; using it twice ends the family (RFC 9700, 4.14). */
  #refreshGrant(asked: URLSearchParams): Grant | undefined {
    const presented = asked.get('refresh_token') ?? ''
    const grant = this.#refreshTokens.get(presented)
    const family = this.#usedRefreshTokens.get(presented)
    if (family !== undefined) {
      this.reusedRefreshTokens += 1
      for (const [token, { family: of }] of this.#refreshTokens) if (of === family) this.#refreshTokens.delete(token)
    }
    if (!grant) return undefined
    this.#refreshTokens.delete(presented)
    this.#usedRefreshTokens.set(presented, grant.family)
    return { ...grant, nonce: '', challenge: '' }
  }

  #issue(grant: Grant): Json {
    const accessToken = randomBytes(16).toString('hex')
    const refreshToken = randomBytes(16).toString('hex')
    this.#refreshTokens.set(refreshToken, grant)
    const idToken = this.#idToken(grant, accessToken)
    this.secrets.push(accessToken, refreshToken, idToken)
    const answer = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.expiresInSeconds,
      refresh_token: refreshToken,
      id_token: idToken,
    }
    return this.behave.tokens?.(answer) ?? answer
  }

  #idToken({ nonce, subject, sid, clientId }: Grant, accessToken: string): string {
    const now = this.#seconds()
    const claims = {
      iss: this.issuer,
      aud: clientId,
      ...(sid === undefined ? {} : { sid }),
      sub: subject,
      iat: now,
      exp: now + 300,
      auth_time: this.authTime,
      name: 'Ada Lovelace',
      at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
      ...(nonce === '' ? {} : { nonce }),
    }
    const header = { alg: 'RS256', kid: this.#key.jwk['kid'] }
    return this.#signed(this.behave.header?.(header) ?? header, this.behave.claims?.(claims) ?? claims)
  }

  /** A back-channel logout token (Back-Channel Logout 1.0, 2.4); the changes make it a wrong one. */
  logoutToken(change: { claims?: Json; header?: Json } = {}): string {
    const now = this.#seconds()
    const claims = {
      iss: this.issuer,
      aud: this.clientId,
      iat: now,
      exp: now + 120,
      jti: randomBytes(8).toString('hex'),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...change.claims,
    }
    return this.#signed({ alg: 'RS256', kid: this.#key.jwk['kid'], typ: 'logout+jwt', ...change.header }, claims)
  }

  /** An access token that is a JWT (RFC 9068); the changes make it a wrong one, or another thing. */
  accessToken(change: { claims?: Json; header?: Json } = {}): string {
    const now = this.#seconds()
    const jti = randomBytes(8).toString('hex')
    const made = { iss: this.issuer, sub: this.subject, client_id: 'tool', jti, iat: now, exp: now + 600 }
    const claims = { ...made, ...change.claims }
    const header = { alg: 'RS256', kid: this.#key.jwk['kid'], typ: 'at+jwt', ...change.header }
    const token = this.#signed(header, claims)
    this.secrets.push(token)
    return token
  }

  #signed(header: Json, claims: Json): string {
    const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${part(header)}.${part(claims)}`
    const honest = (): string => sign('sha256', Buffer.from(input), this.#key.privateKey).toString('base64url')
    return `${input}.${this.behave.signature?.(input) ?? honest()}`
  }
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?')[0] ?? ''
}

function newKey(kid: string): { readonly privateKey: KeyObject; readonly jwk: Json } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' } }
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
