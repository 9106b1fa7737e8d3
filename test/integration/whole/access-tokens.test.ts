import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import type { WebAnswer } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'
import { startIssuer } from '../../support/token-issuer.ts'

type Json = Readonly<Record<string, unknown>>

const settings = `
bearer_token_format: idp_access_token
idp_access_token_allowed_audiences: [api://app, api://app/v2]
pass_identity_headers: true
`
const routes = `
- from: https://app.test
  to: UPSTREAM
  policy:
    - allow: { or: [{ email: ada@example.com }, { user: robot }] }
    - deny: { and: [{ http_path: { starts_with: /secret } }] }
- from: https://other.test
  to: UPSTREAM
  idp_client_id: own
  idp_client_secret: its own secret
  idp_access_token_allowed_audiences: [api://other]
  allow_any_authenticated_user: true
`
const program = { accept: 'application/json', 'sec-fetch-mode': '' }

describe('an access token of the identity provider', () => {
  let stack: WholeStack
  const lines: string[] = []
  /** What the introspection endpoint says of a token; `undefined`: there is none. */
  let introspect: ((token: string, clientId: string) => Json) | undefined
  const introspected: string[] = []

  const idp = {
    discovery: (document: Json) => ({
      ...document,
      introspection_endpoint: `${String(document['issuer'])}/introspect`,
    }),
    instead: { '/introspect': answerIntrospection },
  }

  before(async () => {
    const destination = { write: (line: string) => void lines.push(line) }
    const log = createLogger({ service: 'all', level: 'debug', format: 'json', destination })
    stack = await startWholeStack({ routes, settings, log, idp })
    stack.idp.clients.set('own', 'its own secret')
  })
  beforeEach(() => {
    introspected.length = 0
    stack.seen.length = 0
    introspect = () => ({ active: false })
  })
  after(() => stack[Symbol.asyncDispose]())

  function answerIntrospection(request: IncomingMessage, response: ServerResponse, body: string): void {
    const asked = new URLSearchParams(body)
    const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    const clientId = asked.get('client_id') ?? basic.split(':')[0] ?? ''
    introspected.push(`${clientId} ${asked.get('token') ?? ''} ${asked.get('token_type_hint') ?? ''}`)
    if (introspect === undefined) response.writeHead(500).end()
    else {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(introspect(asked.get('token') ?? '', clientId)))
    }
  }

  const present = (token: string, more: { host?: string; path?: string; headers?: Record<string, string> } = {}) =>
    stack.newBrowser().get(`https://${more.host ?? 'app.test'}${more.path ?? '/data'}`, {
      headers: { ...program, authorization: `Bearer ${token}`, ...more.headers },
    })
  const jwt = (claims: Json = {}, header: Json = {}): string =>
    stack.idp.accessToken({ claims: { aud: 'api://app', scope: 'openid email', ...claims }, header })
  const seconds = (): number => Math.floor(stack.clock.now().getTime() / 1_000)
  const opaque = (claims: Json = {}): Json => ({
    active: true,
    token_type: 'Bearer',
    sub: 'robot',
    aud: 'api://app',
    exp: seconds() + 600,
    ...claims,
  })
  const lastRefusal = (): unknown =>
    lines.map((line) => JSON.parse(line) as Json).findLast((line) => line['bearer-refused'] !== undefined)?.[
      'bearer-refused'
    ]
  function assertRefused(answer: WebAnswer, why: string): void {
    assert.equal(answer.status, 403, answer.body)
    assert.equal(answer.headers['postern-error'], 'BEARER_TOKEN_REFUSED')
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="app.test", error="invalid_token"')
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.equal(lastRefusal(), why)
    assert.equal(stack.seen.length, 0)
  }

  it('that is a JWT gets its person in under the policy; the application learns who, and does not get the token', async () => {
    const token = jwt()
    assert.equal((await present(token)).status, 200)
    const [seen] = stack.seen
    assert.ok(seen && !JSON.stringify(seen.headers).includes(token))
    const assertion = String(seen.headers['x-pomerium-jwt-assertion'])
    const { email, groups } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Json
    assert.deepEqual([email, groups], ['ada@example.com', ['engineering']])
    assert.deepEqual(introspected, [])
  })

  it('that is signed with a key which the provider has only now is good', async () => {
    stack.idp.rotateKeys('second')
    assert.equal((await present(jwt())).status, 200)
    stack.idp.rotateKeys('first')
    stack.clock.aheadMs += 60_000
    assert.equal((await present(jwt())).status, 200)
  })

  it('that is opaque is asked about, once for many requests', async () => {
    introspect = () => opaque()
    const answers = await Promise.all(Array.from({ length: 20 }, () => present('opaque-1')))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.deepEqual(introspected, ['postern opaque-1 access_token'])
  })

  it('is judged anew for every request: what is known of it is who it is, not what it may (CACHE-04)', async () => {
    introspect = () => opaque()
    assert.equal((await present('opaque-2')).status, 200)
    const denied = await present('opaque-2', { path: '/secret' })
    assert.equal(denied.status, 403)
    assert.equal(denied.headers['postern-error'], 'ACCESS_DENIED')
  })

  it('that was revoked is refused a minute later at the latest', async () => {
    introspect = () => opaque()
    assert.equal((await present('revoked')).status, 200)
    introspect = () => ({ active: false })
    stack.clock.aheadMs += 60_001
    stack.seen.length = 0
    assertRefused(await present('revoked'), 'not active')
  })

  it('that is a JWT and was revoked is noticed where the provider is asked who it is', async () => {
    const token = jwt()
    const refuse = (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    }
    stack.idp.behave = { ...idp, instead: { ...idp.instead, '/userinfo': refuse } }
    assertRefused(await present(token), 'refused by the userinfo endpoint')
    stack.idp.behave = idp
  })

  it('refused before is asked about again after five seconds (CACHE-10)', async () => {
    assertRefused(await present('later'), 'not active')
    introspect = () => opaque()
    assertRefused(await present('later'), 'not active')
    stack.clock.aheadMs += 5_001
    assert.equal((await present('later')).status, 200)
    assert.equal(introspected.length, 2)
  })

  it('is asked about by the client of the route, and what one client learns counts for it alone (CACHE-05)', async () => {
    introspect = (_token, clientId) => (clientId === 'own' ? opaque({ aud: 'api://other' }) : { active: false })
    assert.equal((await present('shared', { host: 'other.test' })).status, 200)
    stack.seen.length = 0
    assertRefused(await present('shared'), 'not active')
    assert.deepEqual(introspected, ['own shared access_token', 'postern shared access_token'])
  })

  it('for one route is not for another', async () => {
    assert.equal((await present(jwt({ aud: 'api://other' }), { host: 'other.test' })).status, 200)
    assert.equal((await present(jwt(), { host: 'other.test' })).status, 403)
    assert.equal(lastRefusal(), 'for another audience')
  })

  it('beside a session is refused, and neither counts', async () => {
    const browser = stack.newBrowser()
    await stack.visit(browser, 'https://app.test/')
    const seen = stack.seen.length
    const headers = { ...program, authorization: `Bearer ${jwt()}` }
    const answer = await browser.get('https://app.test/', { headers })
    assert.equal(answer.status, 400)
    assert.equal(answer.headers['postern-error'], 'CREDENTIALS_AMBIGUOUS')
    assert.equal(stack.seen.length, seen)
  })

  it('counts no longer than a session would', async () => {
    const iat = seconds() - 14 * 3_600 - 1
    assertRefused(await present(jwt({ iat })), 'expired')
  })

  it('about which the provider gives no answer is neither good nor bad: 503', async () => {
    const broken: readonly (typeof introspect)[] = [undefined, () => ({}), () => ({ active: 'yes' })]
    for (const [index, how] of broken.entries()) {
      introspect = how
      const answer = await present(`broken-${String(index)}`)
      assert.equal(answer.status, 503, String(index))
      assert.equal(answer.headers['postern-error'], 'IDP_UNAVAILABLE')
      introspect = () => opaque()
      assert.equal((await present(`broken-${String(index)}`)).status, 200, 'and asked about again')
    }
  })

  it('is in no log', async () => {
    introspect = undefined
    const tokens = ['opaque-in-no-log', jwt(), jwt({ aud: 'x' })]
    for (const token of tokens) await present(token)
    for (const token of tokens) assert.ok(!lines.join('').includes(token))
  })

  const opaqueCases: readonly [title: string, why: string, said: () => Json][] = [
    ['is for another audience', 'for another audience', () => opaque({ aud: 'api://x' })],
    ['is for us and somebody else', 'for another audience', () => opaque({ aud: ['api://app', 'api://x'] })],
    ['is for nobody', 'no audience', () => opaque({ aud: undefined })],
    [
      'has an audience that is no text',
      'no audience',
      () => opaque({ aud: { is: 'api://app' }, client_id: 'api://app' }),
    ],
    ['is over', 'expired', () => opaque({ exp: seconds() - 1 })],
    ['is not good yet', 'time', () => opaque({ nbf: seconds() + 600 })],
    ['is of another issuer', 'another issuer', () => opaque({ iss: 'https://evil.example' })],
    ['is a refresh token', 'another kind of token', () => opaque({ token_type: undefined })],
    ['is a refresh token of Keycloak', 'another kind of token', () => opaque({ typ: 'Refresh' })],
    ['is a refresh token of Hydra', 'another kind of token', () => opaque({ token_use: 'refresh_token' })],
    ['is bound to a key', 'bound to a key', () => opaque({ cnf: { jkt: 'x' } })],
    ['is nobody’s', 'claims', () => opaque({ sub: undefined })],
  ]
  for (const [title, why, said] of opaqueCases) {
    it(`is refused when it ${title}, says the provider`, async () => {
      introspect = said
      assertRefused(await present(`opaque that ${title}`.replaceAll(/\W/g, '-')), why)
    })
  }

  const jwtCases: readonly [title: string, why: string, token: () => string][] = [
    ['is for another audience', 'for another audience', () => jwt({ aud: 'api://x' })],
    ['is for us and somebody else', 'for another audience', () => jwt({ aud: ['api://app', 'api://x'] })],
    ['names no audience but that of a client that is not ours', 'for another audience', () => jwt({ aud: undefined })],
    ['is over', 'expired', () => jwt({ exp: seconds() - 1 })],
    ['never ends', 'time', () => jwt({ exp: undefined })],
    ['is not good yet', 'time', () => jwt({ nbf: seconds() + 600 })],
    ['is of another issuer', 'another issuer', () => jwt({ iss: 'https://evil.example' })],
    ['is not signed', 'signature', () => jwt({}, { alg: 'none' })],
    ['is not signed, written otherwise', 'signature', () => jwt({}, { alg: 'nOnE' })],
    ['is signed with a shared key', 'signature', () => jwt({}, { alg: 'HS256' })],
    ['was changed', 'signature', () => changed(jwt())],
    ['is an ID token by its type', 'nothing says that it is an access token', () => idToken()],
    ['is an ID token by at_hash', 'an ID token', () => jwt({ at_hash: 'x' }, { typ: 'JWT' })],
    ['is an ID token of Cognito', 'another kind of token', () => jwt({ token_use: 'id' }, { typ: 'JWT' })],
    ['is a refresh token of Keycloak', 'another kind of token', () => jwt({ typ: 'Refresh' }, { typ: 'JWT' })],
    ['is a logout token', 'a statement about an event', () => jwt({ events: {} })],
    ['says that it is something else', 'another kind of token', () => jwt({}, { typ: 'logout+jwt' })],
    ['is bound to a key', 'bound to a key', () => jwt({ cnf: { jkt: 'x' } })],
    ['is nobody’s', 'claims', () => jwt({ sub: '\u0000', scope: '' })],
    ['is about another person than the provider says', 'claims', () => jwt({ sub: 'eve' })],
    ['is very long', 'malformed', () => jwt({ padding: 'x'.repeat(20_000) })],
    ['is no token', 'malformed', () => 'a b'],
  ]
  const idToken = (): string => jwt({ scope: undefined, client_id: undefined, azp: 'postern' }, { typ: 'JWT' })
  for (const [title, why, token] of jwtCases) {
    it(`is refused when it ${title}`, async () => {
      assertRefused(await present(token()), why)
      assert.deepEqual(introspected, [])
    })
  }

  it('is refused when somebody else signed it under a known key id', async () => {
    await using other = await startIssuer()
    const claims = { iss: stack.idp.issuer, aud: 'api://app', scope: 'openid' }
    const token = other.token(claims, { kid: 'first', typ: 'at+jwt' })
    assertRefused(await present(token), 'signature')
  })
})

function changed(token: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Json
  const other = Buffer.from(JSON.stringify({ ...said, sub: 'robot' })).toString('base64url')
  return `${header}.${other}.${signature}`
}
