import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import type { BearerFormat, TokenIssuer } from '@postern/shared/config/bearer-format.ts'
import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { startIssuer, type IssuerUnderTest } from '../../support/token-issuer.ts'
import { aRoute, ask, authorizeConfig, host, startRealAuthorize, type RunningAuthorize } from './authorize-support.ts'

const accounts = 'https://accounts.google.com'
const robot = 'robot@example-project.iam.gserviceaccount.com'
const google: BearerFormat = { kind: 'google-identity-token' }
const allowRobot = [
  { allow: { or: [{ email: { is: robot } }, { user: { is: 'ci/robot' } }, { user: { is: 'ada' } }] } },
]

const googleClaims = {
  iss: accounts,
  aud: `https://${host}`,
  sub: '1048576',
  azp: '1048576',
  email: robot,
  email_verified: true,
}

interface Bench extends AsyncDisposable {
  readonly issuer: IssuerUnderTest
  readonly authorize: RunningAuthorize
  check(authorization: string, chosen?: Partial<CheckQuestion>): Promise<CheckAnswer>
}

async function startBench(
  bearer: (issuer: IssuerUnderTest) => BearerFormat,
  chosen: Partial<AuthorizeRoute> = {},
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Bench> {
  await using starting = new AsyncDisposableStack()
  const issuer = starting.use(await startIssuer(claims))
  const route = aRoute({ policy: allowRobot, bearer: bearer(issuer), ...chosen })
  const deps = { googleKeysUrl: issuer.jwksUrl }
  const authorize = starting.use(await startRealAuthorize(authorizeConfig([route]), undefined, deps))
  const running = starting.move()
  return {
    issuer,
    authorize,
    check: (authorization, more = {}) => {
      const facts = { ...ask().facts, headers: new Map([['authorization', [authorization]]]) }
      return authorize.checker.check(ask(undefined, { facts, ...more }))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const googleBench = (chosen: Partial<AuthorizeRoute> = {}): Promise<Bench> =>
  startBench(() => google, chosen, googleClaims)

function outcome(answer: CheckAnswer): string {
  return answer.kind === 'deny' ? `deny ${String(answer.status)}` : answer.kind
}

function whyRefused({ log }: RunningAuthorize): unknown {
  return log.records.findLast(({ message }) => message === 'authorize check')?.fields['bearer-refused']
}

describe('a service account of Google', () => {
  it('gets in by its ID token under the policy of the route, and the application does not get the token', async () => {
    await using bench = await googleBench({ passIdentityHeaders: true, jwtClaimsHeaders: { 'x-email': 'email' } })
    const token = bench.issuer.token()
    const answer = await bench.check(`Bearer ${token}`)
    assert.ok(answer.kind === 'allow', outcome(answer))
    assert.equal(answer.session?.userId, '1048576')
    assert.ok(answer.removeHeaders.includes('authorization'))
    assert.equal(Object.fromEntries(answer.setHeaders)['x-email'], robot)
    const expiresAtMs = answer.session.expiresAtMs
    assert.ok(expiresAtMs > Date.now() && expiresAtMs <= Date.now() + 600_000)
    assert.ok(!JSON.stringify(bench.authorize.log.records).includes(token))
  })

  const forUs: Record<string, string> = {
    'the URL with a slash': `https://${host}/`,
    'the very address asked, as Cloud Scheduler names it': `https://${host}/deep/link`,
  }
  for (const [title, aud] of Object.entries(forUs)) {
    it(`may name ${title} as audience`, async () => {
      await using bench = await googleBench()
      assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({ aud })}`)), 'allow')
    })
  }

  it('is denied, not sent to sign in, where the policy does not know it', async () => {
    await using bench = await googleBench()
    const answer = await bench.check(`Bearer ${bench.issuer.token({ email: 'other@x.iam.gserviceaccount.com' })}`)
    assert.equal(outcome(answer), 'deny 403')
  })

  it('has no address where Google does not vouch for it', async () => {
    await using bench = await googleBench()
    for (const claims of [{ email_verified: false }, { email_verified: undefined }]) {
      assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token(claims)}`)), 'deny 403')
    }
  })

  it('is verified once for many requests, and the result ends with the token', async () => {
    await using bench = await googleBench()
    const token = `Bearer ${bench.issuer.token()}`
    for (let count = 0; count < 20; count += 1) assert.equal(outcome(await bench.check(token)), 'allow')
    assert.deepEqual(bench.issuer.asked, ['/keys'])
    const elsewhere = {
      facts: { ...ask().facts, host: 'other.example.com', headers: new Map([['authorization', [token]]]) },
    }
    assert.equal(outcome(await bench.check(token, elsewhere)), 'deny 401')
  })

  it('leaves people alone: without a token they sign in, with a session they get in', async () => {
    await using bench = await googleBench()
    assert.equal(outcome(await bench.authorize.checker.check(ask())), 'sign-in')
    const { credential } = await bench.authorize.signIn()
    assert.equal(outcome(await bench.authorize.checker.check(ask(credential))), 'allow')
    assert.equal(outcome(await bench.check('Basic YTpi')), 'sign-in')
  })

  it('is not let in by a session beside a token, good or bad (JWT-16)', async () => {
    await using bench = await googleBench()
    const { credential } = await bench.authorize.signIn()
    const cookie = { credential: { carrier: 'cookie', value: credential } } as const
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`, cookie)), 'deny 400')
    assert.equal(outcome(await bench.check('Bearer x.y.z', cookie)), 'deny 400')
  })

  it('is not taken for by what Postern itself signs: an assertion, a session credential (JWT-07)', async () => {
    await using bench = await googleBench({ passIdentityHeaders: true })
    const { credential } = await bench.authorize.signIn()
    const answer = await bench.authorize.checker.check(ask(credential))
    const assertion = answer.kind === 'allow' ? answer.setHeaders[0]?.[1] : undefined
    for (const own of [assertion, credential]) {
      assert.match(own ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/)
      assert.equal(outcome(await bench.check(`Bearer ${String(own)}`)), 'deny 401')
      assert.equal(whyRefused(bench.authorize), own === credential ? 'another kind of token' : 'another issuer')
    }
  })

  it('means nothing on a route that takes no bearer tokens: the header is the application’s', async () => {
    await using bench = await googleBench({ bearer: undefined })
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`)), 'sign-in')
    const { credential } = await bench.authorize.signIn()
    const answer = await bench.check('Bearer x', { credential: { carrier: 'cookie', value: credential } })
    assert.ok(answer.kind === 'allow' && !answer.removeHeaders.includes('authorization'))
  })
})

describe('a bearer token is refused with 401, and nothing else is tried, when it', () => {
  const seconds = Math.floor(Date.now() / 1000)
  type Forge = (issuer: IssuerUnderTest) => string
  const cases: readonly [title: string, why: string, forge: Forge][] = [
    ['is for another audience (JWT-05)', 'for another audience', (i) => i.token({ aud: 'https://evil.example' })],
    ['is for us and somebody else', 'not exactly one audience', (i) => i.token({ aud: [`https://${host}`, 'x'] })],
    ['names no audience', 'not exactly one audience', (i) => i.token({ aud: undefined })],
    ['was made for a person’s program', 'made for a program of somebody else', (i) => i.token({ azp: 'client.apps' })],
    ['is of another issuer', 'another issuer', (i) => i.token({ iss: 'https://accounts.google.com.evil.example' })],
    ['is over', 'expired', (i) => i.token({ exp: seconds - 1 })],
    ['never ends', 'time', (i) => i.token({ exp: undefined })],
    ['ends in words', 'time', (i) => i.token({ exp: 'tomorrow' })],
    ['is from the future', 'time', (i) => i.token({ iat: seconds + 3_600 })],
    ['is not good yet', 'time', (i) => i.token({ nbf: seconds + 3_600 })],
    ['names nobody', 'no subject', (i) => i.token({ sub: undefined, azp: undefined })],
    ['is an access token (JWT-07)', 'another kind of token', (i) => i.token({}, { typ: 'at+jwt' })],
    ['is a token of our own services', 'another kind of token', (i) => i.token({}, { typ: 'postern-service+jwt' })],
    ['asks for an extension we do not know (JWT-13)', 'malformed', (i) => i.token({}, { crit: ['exp'] })],
    ['says that it is not encoded (JWT-13)', 'malformed', (i) => i.token({}, { b64: false })],
    ['is not signed (JWT-01)', 'signature', (i) => i.token({}, { alg: 'none' })],
    ['is not signed, written otherwise (JWT-01)', 'signature', (i) => i.token({}, { alg: 'nOnE' })],
    ['names another algorithm', 'signature', (i) => i.token({}, { alg: 'RS512' })],
    ['is signed with the public key as secret (JWT-02)', 'signature', signedWithPublicKey],
    ['was changed', 'signature', (i) => changed(i.token())],
    [
      'is signed by somebody else under a known key id',
      'signature',
      (i) => i.token().replace(/[^.]+$/, 'A'.repeat(342)),
    ],
    ['has a signature of the wrong length (JWT-14)', 'signature', (i) => i.token().replace(/[^.]+$/, 'AAAA')],
    ['is padded (JWT-14)', 'malformed', (i) => `${i.token()}==`],
    ['is spelled in the other base64 (JWT-14)', 'malformed', (i) => i.token().replace(/\.[^.]*$/, '.+/+/')],
    [
      'is encrypted (JWT-10)',
      'malformed',
      () => `${part({ alg: 'PBES2-HS256+A128KW', p2c: 1e9, enc: 'A128GCM' })}.a.b.c.d`,
    ],
    ['is a thousand dots (JWT-11)', 'malformed', () => '.'.repeat(10_000)],
    ['is very long (JWT-11)', 'malformed', (i) => i.token({ padding: 'x'.repeat(20_000) })],
    ['is nested deep (JWT-11)', 'malformed', (i) => i.token({ deep: nested(200) })],
    ['names two audiences under one name (JWT-11)', 'malformed', twoAudiences],
    ['names two algorithms under one name', 'malformed', (i) => i.signParts('{"alg":"RS256","alg":"none"}', '{}')],
    ['is no JSON object', 'malformed', (i) => i.signParts('{"alg":"RS256"}', '[1]')],
    ['has two spaces and two words', 'malformed', (i) => `${i.token()} x`],
    ['is nothing', 'malformed', () => ''],
  ]
  for (const [title, why, forge] of cases) {
    it(title, async () => {
      await using bench = await googleBench()
      const answer = await bench.check(`Bearer ${forge(bench.issuer)}`)
      assert.equal(outcome(answer), 'deny 401')
      assert.equal(whyRefused(bench.authorize), why)
    })
  }
})

describe('the keys of an issuer', () => {
  it('are read again for a key that nobody knows, once for a thousand such tokens (JWT-04)', async () => {
    await using bench = await googleBench()
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`)), 'allow')
    bench.issuer.rotate()
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`)), 'allow')
    assert.equal(bench.issuer.asked.length, 2)
    const forge = (kid: string): string => `Bearer ${bench.issuer.token({}, { kid })}`
    const kids = [
      '../../etc/passwd',
      "' OR 1=1",
      'k'.repeat(5_000),
      ...Array.from({ length: 300 }, (_, n) => `k${String(n)}`),
    ]
    for (const answer of await Promise.all(kids.map((kid) => bench.check(forge(kid))))) {
      assert.equal(outcome(answer), 'deny 401')
    }
    assert.equal(bench.issuer.asked.length, 2)
  })

  it('that cannot be had are nobody’s fault: there is no decision, and nobody is let in', async () => {
    await using bench = await googleBench()
    bench.issuer.fail(500)
    await assert.rejects(
      bench.check(`Bearer ${bench.issuer.token()}`),
      (error) => error instanceof PosternError && error.code === 'IDP_UNAVAILABLE',
    )
  })

  it('stay in use while their address does not answer', async () => {
    await using bench = await googleBench()
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`)), 'allow')
    bench.issuer.fail(500)
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({ jti: 'another' })}`)), 'allow')
    bench.issuer.rotate()
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token()}`)), 'deny 401')
  })
})

const ci = ({ url }: IssuerUnderTest, chosen: Partial<TokenIssuer> = {}): TokenIssuer => ({
  name: 'ci',
  issuer: url,
  jwksUrl: undefined,
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  audiences: ['postern', 'postern-too'],
  ...chosen,
})

describe('a token of a third party', () => {
  const jwt = (issuer: IssuerUnderTest): BearerFormat => ({ kind: 'jwt', issuers: [ci(issuer)] })

  it('gets in as <provider>/<sub>, verified by the keys that discovery names', async () => {
    await using bench = await startBench(jwt, {}, { aud: 'postern' })
    const answer = await bench.check(`Bearer ${bench.issuer.token()}`)
    assert.equal(answer.kind === 'allow' && answer.session?.userId, 'ci/robot')
    assert.deepEqual(bench.issuer.asked, ['/.well-known/openid-configuration', '/keys'])
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({}, { typ: 'at+jwt' })}`)), 'allow')
    assert.equal(
      outcome(await bench.check(`Bearer ${bench.issuer.token({ aud: ['postern', 'postern-too'] })}`)),
      'allow',
    )
  })

  it('is refused for another audience, another issuer and a key of another kind', async () => {
    await using bench = await startBench(jwt, {}, { aud: 'postern' })
    for (const claims of [
      { aud: 'x' },
      { aud: ['postern', 'x'] },
      { aud: undefined },
      { iss: `${bench.issuer.url}/` },
    ]) {
      assert.equal(
        outcome(await bench.check(`Bearer ${bench.issuer.token(claims)}`)),
        'deny 401',
        JSON.stringify(claims),
      )
    }
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({}, { alg: 'PS256' })}`)), 'deny 401')
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({}, { typ: 'logout+jwt' })}`)), 'deny 401')
  })

  it('is good on the routes that list its issuer, and on no others', async () => {
    await using bench = await startBench((issuer) => ({ kind: 'jwt', issuers: [ci(issuer, { issuer: 'https://x' })] }))
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({ aud: 'postern' })}`)), 'deny 401')
    assert.equal(whyRefused(bench.authorize), 'of nobody whom the route trusts')
  })

  it('known for one route is not taken for another’s (CACHE-05)', async () => {
    await using starting = new AsyncDisposableStack()
    const issuer = starting.use(await startIssuer({ aud: 'postern' }))
    const routeFor = (id: string, chosen: Partial<TokenIssuer>): AuthorizeRoute =>
      aRoute({ id, policy: allowRobot, bearer: { kind: 'jwt', issuers: [ci(issuer, chosen)] } })
    const routes = [routeFor('a', {}), routeFor('b', { name: 'other' }), routeFor('c', { audiences: ['else'] })]
    const authorize = starting.use(await startRealAuthorize(authorizeConfig(routes)))
    const facts = { ...ask().facts, headers: new Map([['authorization', [`Bearer ${issuer.token()}`]]]) }
    const outcomes = []
    for (const routeId of ['a', 'b', 'c'])
      outcomes.push(outcome(await authorize.checker.check(ask(undefined, { routeId, facts }))))
    assert.deepEqual(outcomes, ['allow', 'deny 403', 'deny 401'])
  })
})

describe('an ID token of the identity provider', () => {
  const idp = ({ url }: IssuerUnderTest): BearerFormat => {
    return { kind: 'idp-identity-token', issuer: url, clientId: 'postern', userIdClaim: 'oid' }
  }

  it('stands for the person whom a sign-in would have brought', async () => {
    await using bench = await startBench(idp, {}, { aud: 'postern', sub: 'pairwise', oid: 'ada' })
    const answer = await bench.check(`Bearer ${bench.issuer.token()}`)
    assert.equal(answer.kind === 'allow' && answer.session?.userId, 'ada')
  })

  it('is nothing else: not for another client, no access token, no logout token (JWT-07)', async () => {
    await using bench = await startBench(idp, {}, { aud: 'postern', oid: 'ada' })
    const others = [
      { aud: 'other' },
      { aud: ['postern', 'other'], azp: 'postern' },
      { azp: 'other' },
      { scope: 'openid' },
      { typ: 'Bearer' },
      { token_use: 'access' },
      { events: {} },
    ]
    for (const claims of others) {
      assert.equal(
        outcome(await bench.check(`Bearer ${bench.issuer.token(claims)}`)),
        'deny 401',
        JSON.stringify(claims),
      )
    }
  })

  it('counts no longer than a session would', async () => {
    await using bench = await startBench(idp, {}, { aud: 'postern', oid: 'ada' })
    const iat = Math.floor(Date.now() / 1000) - 3_601
    assert.equal(outcome(await bench.check(`Bearer ${bench.issuer.token({ iat })}`)), 'deny 401')
  })
})

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function changed(token: string): string {
  const [header = '', , signature = ''] = token.split('.')
  return `${header}.${part({ ...googleClaims, exp: Math.floor(Date.now() / 1000) + 60, email: 'ceo@example.com' })}.${signature}`
}

function signedWithPublicKey(issuer: IssuerUnderTest): string {
  const { publicKey } = issuer
  const [, claims = ''] = issuer.token().split('.')
  const input = `${part({ alg: 'HS256', kid: publicKey['kid'] })}.${claims}`
  return `${input}.${createHmac('sha256', JSON.stringify(publicKey)).update(input).digest('base64url')}`
}

function twoAudiences(issuer: IssuerUnderTest): string {
  const claims = Buffer.from(issuer.token().split('.')[1] ?? '', 'base64url').toString()
  return issuer.signParts(
    JSON.stringify({ alg: 'RS256', kid: issuer.publicKey['kid'] }),
    claims.replace('{', '{"aud":"x",'),
  )
}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}
