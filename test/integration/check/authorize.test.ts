import assert from 'node:assert/strict'
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthorizeConfig } from '@postern/shared/config/model.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { Sealer } from '@postern/shared/crypto/seal.ts'
import { verifySignedUrl } from '@postern/shared/crypto/signed-url.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import { serveGrpc } from '@postern/shared/grpc/server.ts'
import { grpcService } from '@postern/shared/grpc/service.ts'
import { targetOf } from '@postern/shared/grpc/target.ts'
import { unary } from '@postern/shared/grpc/unary.ts'
import { sealTokens } from '@postern/shared/session/idp-tokens.ts'
import type { SessionLookup } from '@postern/shared/session/session-store.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import type { CheckAnswer } from '@postern/shared/vocabulary/check.ts'
import type { SessionChange } from '../../../services/proxy/src/check/access-checker.ts'
import { aRoute, ask, authorizeConfig, host, publicAccess, secret, startRealAuthorize } from './authorize-support.ts'
import { quiet } from './support.ts'

const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

function headersOf(answer: CheckAnswer): Record<string, string> {
  assert.ok(answer.kind === 'allow', answer.kind)
  return Object.fromEntries(answer.setHeaders)
}

function claimsOf(jwt: string | undefined): Record<string, unknown> {
  const payload = Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')
  return JSON.parse(payload) as Record<string, unknown>
}

describe('a check of the real authorize', () => {
  it('lets a person in whom the policy allows, and says which session it is', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    const answer = await authorize.checker.check(ask(credential))
    assert.ok(answer.kind === 'allow')
    assert.deepEqual(answer.session, {
      handle: session.handle,
      expiresAtMs: session.expiresAtMs,
      userId: 'ada',
    })
  })

  it('refuses a person whom the policy does not allow, by name', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const identity = { userId: 'eve', email: 'eve@elsewhere.org', name: 'Eve', claims: {} }
    const { credential } = await authorize.signIn({ identity })
    assert.deepEqual(await authorize.checker.check(ask(credential)), {
      kind: 'deny',
      status: 403,
      reasons: ['domain-unauthorized'],
      explanation: undefined,
      email: 'eve@elsewhere.org',
    })
  })

  it('explains a refusal where the route says so', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute({ showErrorDetails: true })]))
    const { credential } = await authorize.signIn({
      identity: { userId: 'eve', email: undefined, name: undefined, claims: {} },
    })
    const answer = await authorize.checker.check(ask(credential))
    assert.ok(answer.kind === 'deny' && answer.explanation !== undefined)
    assert.match(answer.explanation, /^deny \(403\): no allow rule is true\n(.*\n)+.*> {2}no {2}domain is example\.com/)
  })

  it('sends a stranger to sign in, to come back to this very address in this very browser', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const facts = { ...ask().facts, query: 'a=1&b=%20' }
    const answer = await authorize.checker.check(ask(undefined, { facts }))
    assert.ok(answer.kind === 'sign-in')
    assert.equal(answer.credentialRefused, false)
    const url = new URL(answer.url)
    assert.equal(url.origin + url.pathname, 'https://authenticate.example.com/.pomerium/sign_in')
    assert.equal(url.searchParams.get('pomerium_redirect_uri'), `https://${host}/deep/link?a=1&b=%20`)
    assert.equal(url.searchParams.get('pomerium_binding'), hashBinding(answer.binding))
    assert.equal(verifySignedUrl(url, [deriveKey(secret, keyPurposes.signedUrl)], new Date()), 'valid')
    const again = await authorize.checker.check(ask(undefined, { signInBinding: answer.binding }))
    assert.equal(again.kind === 'sign-in' && again.binding, answer.binding)
    const foisted = await authorize.checker.check(ask(undefined, { signInBinding: 'x' }))
    assert.ok(foisted.kind === 'sign-in' && foisted.binding !== 'x' && foisted.binding !== answer.binding)
  })

  it('says that a credential was refused, so that the cookie can be cleared', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    await authorize.store.end(session.handle)
    for (const refused of [credential, 'x.y.z']) {
      const answer = await authorize.checker.check(ask(refused))
      assert.equal(answer.kind === 'sign-in' && answer.credentialRefused, true)
    }
  })

  it('decides about the route the proxy names, and about no other', async () => {
    const open = aRoute({ id: 'open', policy: undefined, access: publicAccess })
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute(), open]))
    assert.equal((await authorize.checker.check(ask(undefined, { routeId: 'open' }))).kind, 'allow')
    assert.equal((await authorize.checker.check(ask())).kind, 'sign-in')
    await assert.rejects(authorize.checker.check(ask(undefined, { routeId: 'gone' })), failsWith('PDP_ROUTE_UNKNOWN'))
  })

  it('is recorded once, with the reasons, and without any credential', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    await authorize.checker.check(ask(credential))
    const records = authorize.log.records.filter(({ message }) => message === 'authorize check')
    assert.deepEqual(
      records.map(({ fields }) => fields),
      [
        {
          'request-id': '/deep/link',
          'route-id': 'hello',
          method: 'GET',
          path: '/deep/link',
          host,
          ip: '203.0.113.7',
          'session-id': session.handle,
          user: 'ada',
          email: 'ada@example.com',
          outcome: 'allow',
          allow: true,
          'allow-why-true': ['domain-ok'],
          deny: false,
          'deny-why-false': [],
        },
      ],
    )
    assert.doesNotMatch(JSON.stringify(authorize.log.records), new RegExp(credential.slice(0, 20)))
  })
})

describe('what an application is told', () => {
  const identity = {
    userId: 'ada',
    email: 'ada@example.com',
    name: 'Łucja',
    claims: { groups: ['eng,admins', 'a\r\nX-Evil: 1'], team: ['blue'], iss: ['forged'], aud: ['forged'] },
  }
  const route = aRoute({
    passIdentityHeaders: true,
    jwtClaimsHeaders: {
      'X-Pomerium-Claim-Email': 'email',
      'X-Groups': 'groups',
      'X-Name': 'name',
      'X-Team': 'team',
      'X-None': 'none',
      'X-Iss': 'iss',
    },
    templatedRequestHeaders: {
      'X-Jwt': 'v=${pomerium.jwt}',
      'X-Tokens': '${ pomerium.id_token }|$pomerium.access_token|$$|${pomerium.unknown}|${oops',
      'X-Echo': '${pomerium.request.headers["X-Name"]}',
      'X-Name': 'not this',
    },
  })
  const sealer = new Sealer([deriveKey(secret, keyPurposes.idpTokens)])
  const sealedTokens = sealTokens(sealer, { accessToken: 'at', refreshToken: 'rt', idToken: 'id.to.ken' })

  it('is a signed assertion for this host alone, whatever the IdP calls its claims', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([route]))
    const { session, credential } = await authorize.signIn({ identity, sealedTokens })
    const jwt = headersOf(await authorize.checker.check(ask(credential)))['x-pomerium-jwt-assertion']
    const { iat, exp, jti, ...claims } = claimsOf(jwt)
    assert.deepEqual(claims, {
      iss: host,
      aud: host,
      sub: 'ada',
      user: 'ada',
      email: 'ada@example.com',
      groups: identity.claims.groups,
      sid: session.handle,
      name: 'Łucja',
      team: 'blue',
      none: [],
    })
    assert.equal(Number(exp) - Number(iat), 300)
    assert.match(String(jti), /^[\da-f-]{36}$/)
    const [header = '', payload = '', signature = ''] = jwt?.split('.') ?? []
    const { keys } = JSON.parse(await authorize.checker.keySet()) as { keys: JsonWebKey[] }
    const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' })
    const signed = Buffer.from(`${header}.${payload}`)
    const bytes = Buffer.from(signature, 'base64url')
    assert.ok(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes))
  })

  it('is an assertion with the issuer as the route has it: jwt_issuer_format', async () => {
    const routes = [route, { ...route, id: 'uri', jwtIssuerFormat: 'uri' as const }]
    await using authorize = await startRealAuthorize(authorizeConfig(routes))
    const { credential } = await authorize.signIn({ identity, sealedTokens })
    for (const [routeId, issuer] of [
      ['hello', host],
      ['uri', `https://${host}/`],
    ] as const) {
      const headers = headersOf(await authorize.checker.check(ask(credential, { routeId })))
      assert.equal(claimsOf(headers['x-pomerium-jwt-assertion'])['iss'], issuer)
    }
  })

  it('is an assertion of its own for each host, so that no application can use it at another (JWT-08)', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([route]))
    const { credentialAt } = await authorize.signIn({ identity, sealedTokens })
    for (const at of [host, 'other.example.com']) {
      const facts = { ...ask().facts, host: at }
      const answer = await authorize.checker.check(ask(await credentialAt(at), { facts }))
      assert.equal(claimsOf(headersOf(answer)['x-pomerium-jwt-assertion'])['aud'], at)
    }
  })

  it('is signed once, and again when the session changed', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([route]))
    const { session, credential } = await authorize.signIn({ identity, sealedTokens })
    const jwt = async (): Promise<string | undefined> =>
      headersOf(await authorize.checker.check(ask(credential)))['x-pomerium-jwt-assertion']
    const first = await jwt()
    assert.equal(await jwt(), first)
    await authorize.store.replace({ ...session, version: 2, identity: { ...identity, name: 'New' } })
    assert.equal(claimsOf(await jwt())['name'], 'New')
  })

  it('is claim headers in which no value looks like two, ends the line or gets lost', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([route]))
    const { credential } = await authorize.signIn({ identity, sealedTokens })
    const headers = headersOf(await authorize.checker.check(ask(credential)))
    assert.equal(headers['x-pomerium-claim-email'], 'ada@example.com')
    assert.equal(headers['x-groups'], 'eng%2Cadmins,a%0D%0AX-Evil: 1')
    assert.equal(headers['x-name'], '%C5%81ucja')
    assert.equal(headers['x-team'], 'blue')
    assert.equal(headers['x-none'], '')
    assert.equal(headers['x-iss'], 'forged')
  })

  it('is templates expanded once', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([route]))
    const { credential } = await authorize.signIn({ identity, sealedTokens })
    const facts = { ...ask().facts, headers: new Map([['x-name', ['${pomerium.id_token} $1 caf\xe9']]]) }
    const headers = headersOf(await authorize.checker.check(ask(credential, { facts })))
    assert.equal(headers['x-tokens'], 'id.to.ken|at|$||${oops')
    assert.equal(headers['x-echo'], '${pomerium.id_token} $1 caf\xe9')
    assert.equal(headers['x-jwt'], `v=${headers['x-pomerium-jwt-assertion'] ?? ''}`)
  })

  it('names nobody on a public route, and takes away what a client could have sent', async () => {
    const open = { ...route, policy: undefined, access: publicAccess, templatedRequestHeaders: {} }
    await using authorize = await startRealAuthorize(authorizeConfig([open]))
    const answer = await authorize.checker.check(ask())
    assert.deepEqual(Object.keys(headersOf(answer)), ['x-pomerium-jwt-assertion'])
    const claims = claimsOf(headersOf(answer)['x-pomerium-jwt-assertion'])
    assert.deepEqual([claims['sub'], claims['email'], claims['groups'], claims['sid']], ['', '', [], ''])
    assert.ok(answer.kind === 'allow' && answer.session === undefined)
    for (const name of ['x-pomerium-jwt-assertion-for', 'x-pomerium-claim-email', 'x-groups']) {
      assert.ok(answer.removeHeaders.includes(name), name)
    }
  })

  it('is nothing where the route keeps the identity to itself', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { credential } = await authorize.signIn({ identity, sealedTokens })
    assert.deepEqual(headersOf(await authorize.checker.check(ask(credential))), {})
  })
})

describe('the session store is away', () => {
  const away: SessionLookup = { kind: 'unavailable', cause: new Error('down') }
  const downReader = { find: () => Promise.resolve(away), watch: () => ({ [Symbol.dispose]: () => undefined }) }
  const open = aRoute({ id: 'open', policy: undefined, access: publicAccess })

  it('whoever brings a good credential hears that, and is neither refused nor sent to sign in', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]), () => downReader)
    const { credential } = await authorize.signIn()
    await assert.rejects(authorize.checker.check(ask(credential)), failsWith('SESSION_STORE_UNAVAILABLE'))
  })

  it('public routes go on, and strangers can sign in', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute(), open]), () => downReader)
    const { credential } = await authorize.signIn()
    assert.equal((await authorize.checker.check(ask(undefined, { routeId: 'open' }))).kind, 'allow')
    assert.equal((await authorize.checker.check(ask(credential, { routeId: 'open' }))).kind, 'allow')
    assert.equal((await authorize.checker.check(ask())).kind, 'sign-in')
    assert.equal((await authorize.checker.check(ask('forged.to.ken'))).kind, 'sign-in')
  })

  it('a public route that tells its application who asks does not tell it something wrong', async () => {
    const telling = { ...open, passIdentityHeaders: true }
    await using authorize = await startRealAuthorize(authorizeConfig([telling]), () => downReader)
    const { credential } = await authorize.signIn()
    const check = authorize.checker.check(ask(credential, { routeId: 'open' }))
    await assert.rejects(check, failsWith('SESSION_STORE_UNAVAILABLE'))
  })

  it('an instance is not ready before the store has answered once, and stays ready afterwards', async () => {
    let isAway = true
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]), (store) => ({
      find: (handle) => (isAway ? Promise.resolve(away) : store.find(handle)),
      watch: (listener) => store.watch(listener),
    }))
    const status = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${authorize.healthPort}/.pomerium/ready`)).status
    assert.equal(await status(), 503)
    isAway = false
    while ((await status()) !== 200) await sleep(50)
    isAway = true
    await sleep(20)
    assert.equal(await status(), 200)
  })
})

describe('a session that ends or a policy that changes', () => {
  it('is known to the proxy within a tenth of a second', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    await authorize.checker.check(ask(credential))
    const heard = new Promise<SessionChange>((resolve) => authorize.checker.onSessionsChanged(resolve))
    const endedAt = performance.now()
    await authorize.store.end(session.handle)
    assert.deepEqual(await heard, { kind: 'sessions', handles: [session.handle] })
    assert.ok(performance.now() - endedAt < 100)
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'sign-in')
  })

  it('counts for the next check, and is told to the proxy', async () => {
    const listeners = new Set<(config: AuthorizeConfig) => void>()
    const live = {
      current: authorizeConfig([aRoute()]),
      subscribe: (listener: (config: AuthorizeConfig) => void) => {
        listeners.add(listener)
        return { [Symbol.dispose]: () => void listeners.delete(listener) }
      },
    }
    await using authorize = await startRealAuthorize(live)
    const { credential } = await authorize.signIn()
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'allow')
    const heard = new Promise<SessionChange>((resolve) => authorize.checker.onSessionsChanged(resolve))
    const stricter = aRoute({ policy: [{ allow: { or: [{ email: { is: 'bob@example.com' } }] } }] })
    for (const listener of listeners) listener(authorizeConfig([stricter], { revision: 'r2' }))
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'deny')
    assert.deepEqual(await heard, { kind: 'all' })
  })
})

describe('a session whose IdP tokens ran out', () => {
  type Outcome = 'OUTCOME_REFRESHED' | 'OUTCOME_ENDED' | 'OUTCOME_IDP_UNAVAILABLE' | 'OUTCOME_UNSPECIFIED'

  async function withAuthenticate(refresh: (handle: string) => Promise<Outcome>) {
    const server = await serveGrpc({
      listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      security: { kind: 'insecure' },
      self: 'authenticate',
      allowedCallers: ['authorize'],
      log: quiet,
      services: [
        grpcService(authenticateService, {
          RedeemTicket: unary(() => Promise.reject(new PosternError('TICKET_INVALID', 'x'))),
          RefreshSession: unary(async ({ sessionHandle }) => ({ outcome: await refresh(sessionHandle) })),
          ReportUse: unary(() => Promise.resolve({})),
          VerifyAccessToken: unary(() => Promise.resolve({})),
        }),
      ],
    })
    const config = authorizeConfig([aRoute()], { authenticateTargets: [targetOf(server.address)] })
    return { config, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  const due = (): { refreshDueAtMs: number } => ({ refreshDueAtMs: Date.now() - 1 })

  it('is refreshed by authenticate, once for all checks that wait, and read again', async () => {
    let asked = 0
    const renewal: { write?: () => Promise<unknown> } = {}
    await using authenticate = await withAuthenticate(async () => {
      asked++
      await renewal.write?.()
      return 'OUTCOME_REFRESHED'
    })
    await using authorize = await startRealAuthorize(authenticate.config)
    const { session, credential } = await authorize.signIn(due())
    renewal.write = () => authorize.store.replace({ ...session, version: 2, refreshDueAtMs: Date.now() + 60_000 })
    const checks = [1, 2, 3].map(() => authorize.checker.check(ask(credential)))
    for (const answer of await Promise.all(checks)) assert.equal(answer.kind, 'allow')
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'allow')
    assert.equal(asked, 1)
  })

  it('that the IdP ended means to sign in', async () => {
    await using authenticate = await withAuthenticate(() => Promise.resolve('OUTCOME_ENDED'))
    await using authorize = await startRealAuthorize(authenticate.config)
    const { credential } = await authorize.signIn(due())
    const answer = await authorize.checker.check(ask(credential))
    assert.equal(answer.kind === 'sign-in' && answer.credentialRefused, true)
  })

  for (const outcome of ['OUTCOME_IDP_UNAVAILABLE', 'OUTCOME_UNSPECIFIED'] as const) {
    it(`lives on for its grace period (${outcome})`, async () => {
      let asked = 0
      await using authenticate = await withAuthenticate(() => {
        asked++
        return Promise.resolve(outcome)
      })
      await using authorize = await startRealAuthorize(authenticate.config)
      const { credential } = await authorize.signIn(due())
      for (let i = 0; i < 3; i++) assert.equal((await authorize.checker.check(ask(credential))).kind, 'allow')
      assert.equal(asked, 1)
    })
  }

  it('and its grace period too: nobody passes, and nobody is sent to an IdP that does not answer', async () => {
    await using authenticate = await withAuthenticate(() => Promise.reject(new PosternError('IDP_UNAVAILABLE', 'x')))
    await using authorize = await startRealAuthorize(authenticate.config)
    const { credential } = await authorize.signIn({ refreshDueAtMs: Date.now() - 7_200_000 })
    await assert.rejects(authorize.checker.check(ask(credential)), failsWith('IDP_UNAVAILABLE'))
  })

  it('lives on while authenticate is away, for as long', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { credential } = await authorize.signIn(due())
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'allow')
    const { credential: old } = await authorize.signIn({ refreshDueAtMs: Date.now() - 7_200_000 })
    await assert.rejects(authorize.checker.check(ask(old)), failsWith('AUTHENTICATE_UNAVAILABLE'))
  })

  it('does not wait longer than the check may', async () => {
    await using authenticate = await withAuthenticate(() => new Promise(() => {}))
    await using authorize = await startRealAuthorize(authenticate.config)
    const { credential } = await authorize.signIn(due())
    assert.equal((await authorize.checker.check(ask(credential))).kind, 'allow')
  })
})

describe('beside checks', () => {
  it('a session is described to its owner, without a token', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    const described = await authorize.checker.describeSession(host, { carrier: 'cookie', value: credential })
    const { issuedAtMs, expiresAtMs, identity } = session
    assert.deepEqual(described, { ...identity, issuedAtMs, expiresAtMs })
    assert.equal(await authorize.checker.describeSession(host, undefined), undefined)
    assert.equal(
      await authorize.checker.describeSession('other.example.com', { carrier: 'cookie', value: credential }),
      undefined,
    )
  })

  it('a sign-out link names the session, and only authorize can make one', async () => {
    await using authorize = await startRealAuthorize(authorizeConfig([aRoute()]))
    const { session, credential } = await authorize.signIn()
    const url = new URL(
      await authorize.checker.createSignOutUrl(
        host,
        { carrier: 'cookie', value: credential },
        `https://${host}/reports`,
      ),
    )
    assert.equal(url.searchParams.get('pomerium_redirect_uri'), `https://${host}/reports`)
    assert.equal(url.origin + url.pathname, 'https://authenticate.example.com/.pomerium/sign_out')
    assert.equal(url.searchParams.get('pomerium_session_handle'), session.handle)
    assert.equal(verifySignedUrl(url, [deriveKey(secret, keyPurposes.signedUrl)], new Date()), 'valid')
    assert.doesNotMatch(url.href, new RegExp(credential.slice(0, 20)))
  })
})
