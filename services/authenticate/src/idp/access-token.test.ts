import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { systemClock } from '@postern/shared/clock.ts'
import { Secret } from '@postern/shared/secret.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { AccessTokenVerdict } from './access-token.ts'
import { OpenidProvider } from './openid-provider.ts'

type Json = Readonly<Record<string, unknown>>

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const seconds = Math.floor(Date.now() / 1_000)

function jwt(claims: Json, header: Json = { typ: 'JWT' }): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const all = { sub: 'ada', aud: 'api', iat: seconds, exp: seconds + 600, ...claims }
  const input = `${part({ alg: 'RS256', kid: 'k', ...header })}.${part(all)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

interface Said {
  readonly provider?: string
  readonly issuer?: string
  readonly metadata?: Json
  readonly groupsClaim?: string
  /** Answers of further endpoints, by their address. */
  readonly answers?: Readonly<Record<string, (init: RequestInit) => Response>>
}

async function verify(token: string, said: Said = {}): Promise<AccessTokenVerdict> {
  const { provider = 'oidc', issuer = 'https://idp.example.com' } = said
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    ...said.metadata,
  }
  const answers: NonNullable<Said['answers']> = {
    [`${issuer}/.well-known/openid-configuration`]: () => Response.json(metadata),
    [`${issuer}/keys`]: () => Response.json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }),
    ...said.answers,
  }
  const send = (url: string, init: RequestInit): Promise<Response> =>
    Promise.resolve(answers[url]?.(init) ?? new Response('no', { status: 404 }))
  const config = {
    provider,
    issuer: new URL(issuer),
    clientId: 'client',
    clientSecret: new Secret('secret'),
    scopes: undefined,
    requestParams: undefined,
    ...(said.groupsClaim === undefined ? {} : { groupsClaim: said.groupsClaim }),
  }
  const deps = { clock: systemClock, log: silent, send: send as typeof fetch }
  return new OpenidProvider(config, new URL('https://auth.test/oauth2/callback'), deps).verifyAccessToken(token)
}

function outcome(verdict: AccessTokenVerdict): string {
  return verdict.kind === 'refused'
    ? verdict.why
    : `${verdict.statement.identity.userId} ${verdict.statement.audiences.join()}`
}

describe('a JWT of each provider as access token', () => {
  const iss = 'https://idp.example.com'
  const cases: readonly [title: string, expected: string, claims: Json, header?: Json][] = [
    ['by its type (RFC 9068)', 'ada api', {}, { typ: 'at+jwt' }],
    ['by its type, in full', 'ada api', {}, { typ: 'application/AT+JWT' }],
    ['of Auth0, by its scope', 'ada api', { scope: 'read' }],
    ['of Auth0 for a machine, by its grant', 'ada api', { gty: 'client-credentials' }],
    ['of Entra ID, by scp', 'ada api', { scp: 'access_as_user' }],
    ['of Entra ID for a machine, by azpacr', 'ada api', { azpacr: '1', roles: ['job'] }],
    ['of Keycloak, by typ', 'ada api', { typ: 'Bearer' }],
    [
      'of Cognito, by token_use, for the client it was given to',
      'ada client',
      { token_use: 'access', client_id: 'client', aud: undefined },
    ],
    ['without a type in its header', 'ada api', { scope: 'x' }, { typ: undefined }],
    ['an ID token', 'nothing says that it is an access token', { nonce: 'n', azp: 'client' }],
    ['an ID token of Keycloak, with a scope', 'another kind of token', { typ: 'ID', scope: 'openid' }],
  ]
  for (const [title, expected, claims, header] of cases) {
    it(title, async () => {
      assert.equal(outcome(await verify(jwt({ iss, ...claims }, header))), expected)
    })
  }

  it('beyond all reason is not even read', async () => {
    assert.equal(outcome(await verify(jwt({ iss, scope: 'x', padding: 'x'.repeat(20_000) }))), 'malformed')
  })

  it('of Okta names the person as their ID token does', async () => {
    const token = jwt({ iss, sub: 'ada@example.com', uid: '00u1', scp: ['read'] })
    assert.equal(outcome(await verify(token, { provider: 'okta' })), '00u1 api')
    assert.equal(outcome(await verify(jwt({ iss, sub: 'machine', scp: ['x'] }), { provider: 'okta' })), 'machine api')
  })

  it('of Entra ID for all tenants is of the tenant that it names', async () => {
    const said = {
      provider: 'azure',
      issuer: 'https://login.microsoftonline.com/common/v2.0',
      metadata: { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    }
    const at = (tid: string, tenant: string): string =>
      jwt({ iss: `https://login.microsoftonline.com/${tenant}/v2.0`, tid, oid: 'id', scp: 'x' })
    assert.equal(outcome(await verify(at('t1', 't1'), said)), 'id api')
    assert.equal(outcome(await verify(at('t1', 't2'), said)), 'another issuer')
  })

  it('has no address that the provider says is not verified', async () => {
    assert.equal(outcome(await verify(jwt({ iss, scope: 'x', email: 'a@b.c', email_verified: false }))), 'claims')
  })

  it('without groups because they are too many is refused where a policy reads them', async () => {
    const token = jwt({ iss, scope: 'x', _claim_names: { groups: 'src1' } })
    assert.equal(outcome(await verify(token)), 'ada api')
    assert.equal(outcome(await verify(token, { groupsClaim: 'groups' })), 'claims')
  })
})

describe('an opaque access token', () => {
  const issuer = 'https://idp.example.com'
  const endpoint = `${issuer}/introspect`
  const metadata = { introspection_endpoint: endpoint, userinfo_endpoint: `${issuer}/userinfo` }
  const good = { active: true, token_type: 'bearer', client_id: 'tool', scope: 'openid', exp: seconds + 600 }

  it('is refused where there is nobody to ask', async () => {
    assert.equal(outcome(await verify('opaque')), 'no JWT, and the provider has no introspection endpoint')
  })

  it('of GitLab, which names neither audience nor person, is for its client, and the userinfo endpoint says whose', async () => {
    const answers = {
      [endpoint]: () => Response.json(good),
      [metadata.userinfo_endpoint]: () => Response.json({ sub: '17', email: 'ada@example.com', email_verified: true }),
    }
    const verdict = await verify('opaque', { provider: 'gitlab', metadata, answers })
    assert.equal(outcome(verdict), '17 tool')
    assert.equal(verdict.kind === 'valid' && verdict.statement.identity.email, 'ada@example.com')
  })

  it('need not say when it ends: it was good just now', async () => {
    const answers = { [endpoint]: () => Response.json({ ...good, sub: 'ada', scope: '', exp: undefined }) }
    const verdict = await verify('opaque', { metadata, answers })
    assert.equal(outcome(verdict), 'ada tool')
    assert.equal(verdict.kind === 'valid' && verdict.statement.expiresAtMs, undefined)
  })

  it('that may not ask for the person and names none is refused', async () => {
    const answers = { [endpoint]: () => Response.json({ ...good, scope: 'api' }) }
    assert.equal(outcome(await verify('opaque', { metadata, answers })), 'claims')
  })

  const noAnswers: Readonly<Record<string, () => Response>> = {
    'a 500': () => new Response('no', { status: 500 }),
    'a 429': () => Response.json({ error: 'slow_down' }, { status: 429 }),
    'a 400': () => Response.json({ error: 'invalid_request' }, { status: 400 }),
    'a page': () => new Response('<html>'),
    'nothing that says active': () => Response.json({}),
    'a redirect': () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
  }
  for (const [title, answer] of Object.entries(noAnswers)) {
    it(`is neither good nor bad after ${title}`, async () => {
      await assert.rejects(verify('opaque', { metadata, answers: { [endpoint]: answer } }), { code: 'IDP_UNAVAILABLE' })
    })
  }

  it('is neither when the userinfo endpoint fails', async () => {
    const answers = {
      [endpoint]: () => Response.json(good),
      [metadata.userinfo_endpoint]: () => new Response('no', { status: 503 }),
    }
    await assert.rejects(verify('opaque', { metadata, answers }), { code: 'IDP_UNAVAILABLE' })
  })

  it('is asked about as the client that we are; that this one is refused is not the token’s fault', async () => {
    const answers = { [endpoint]: () => Response.json({ error: 'invalid_client' }, { status: 401 }) }
    await assert.rejects(verify('opaque', { metadata, answers }), { code: 'IDP_MISCONFIGURED' })
  })
})

describe('an access token of Google', () => {
  const issuer = 'https://accounts.google.com'
  const tokenInfo = 'https://oauth2.googleapis.com/tokeninfo'
  const metadata = { userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo' }
  const info = {
    azp: 'app.apps.googleusercontent.com',
    aud: 'app.apps.googleusercontent.com',
    sub: '1234',
    scope: 'https://www.googleapis.com/auth/userinfo.email openid',
    exp: String(seconds + 600),
    email: 'ada@example.com',
    email_verified: 'true',
  }
  const google = (answers: Said['answers']): Promise<AccessTokenVerdict> =>
    verify('ya29.token', { provider: 'google', issuer, metadata, answers: answers ?? {} })

  it('is for the client that it was given to, and never stands in an address', async () => {
    let asked: RequestInit = {}
    const verdict = await google({
      [tokenInfo]: (init) => {
        asked = init
        return Response.json(info)
      },
      [metadata.userinfo_endpoint]: () => Response.json({ sub: '1234', hd: 'example.com', email_verified: true }),
    })
    assert.equal(outcome(verdict), '1234 app.apps.googleusercontent.com')
    assert.ok(verdict.kind === 'valid')
    assert.equal(verdict.statement.expiresAtMs, (seconds + 600) * 1_000)
    assert.deepEqual(verdict.statement.identity.claims['hd'], ['example.com'])
    assert.equal(asked.method, 'POST')
    assert.equal(new Headers(asked.headers).get('authorization'), 'Bearer ya29.token')
  })

  it('is refused when Google does not know it', async () => {
    const answer = (): Response => Response.json({ error: 'invalid_token' }, { status: 400 })
    assert.equal(outcome(await google({ [tokenInfo]: answer })), 'not active')
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
    const challenged = (): Response => new Response(null, { status: 401, headers: challenge })
    assert.equal(outcome(await google({ [tokenInfo]: challenged })), 'not active')
  })

  it('is refused when it is over, or when nobody says when it will be', async () => {
    assert.equal(outcome(await google({ [tokenInfo]: () => Response.json({ ...info, exp: '1' }) })), 'expired')
    assert.equal(outcome(await google({ [tokenInfo]: () => Response.json({ ...info, exp: undefined }) })), 'time')
  })

  it('is neither good nor bad when Google does not answer', async () => {
    const answers: readonly (() => Response)[] = [
      () => Response.json(info, { status: 500 }),
      () => Response.json([info]),
      () => new Response('<html>'),
    ]
    for (const answer of answers) await assert.rejects(google({ [tokenInfo]: answer }), { code: 'IDP_UNAVAILABLE' })
  })
})
