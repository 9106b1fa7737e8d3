import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'

const json = { 'content-type': 'application/json' }

/** Somebody signed in an hour ago: the access token has run out. */
async function anHourLater(service: AuthenticateUnderTest): Promise<SessionHandle> {
  await service.signIn(service.newBrowser())
  service.clock.aheadMs += 3_600_000
  return service.lastSession()
}

async function lives(service: AuthenticateUnderTest, handle: SessionHandle): Promise<boolean> {
  return (await service.store.find(handle)).kind === 'found'
}

describe('a session whose access token ran out', () => {
  it('is refreshed once, however many ask at the same time (REL-F1)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    const before = service.idp.count('POST /token')
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => service.refresh(handle)))
    assert.deepEqual([...new Set(outcomes)], ['OUTCOME_REFRESHED'])
    assert.equal(service.idp.count('POST /token') - before, 1)
    assert.equal(await service.refresh(handle), 'OUTCOME_CURRENT', 'and is not due any more')
    service.clock.aheadMs += 3_600_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED', 'with the rotated token')
  })

  it('is refreshed by one of several replicas; the others wait for it (REL-F1)', async () => {
    const tried = Promise.withResolvers<undefined>()
    const watching = (method: string): boolean => {
      if (method === 'acquireLock') tried.resolve(undefined)
      return false
    }
    await using service = await AuthenticateUnderTest.start({ store: (store) => storeThatFails(store, watching) })
    const handle = await anHourLater(service)
    const calls = service.idp.count('POST /token')
    const lock = await service.store.acquireLock(`refresh:${handle}`, 10_000)
    const waiting = service.refresh(handle)
    await tried.promise
    const found = await service.store.find(handle)
    assert.ok(found.kind === 'found' && lock.kind === 'acquired')
    const refreshDueAtMs = service.clock.now().getTime() + 3_600_000
    await service.store.replace({ ...found.session, version: found.session.version + 1, refreshDueAtMs })
    await lock.lock.release()
    assert.equal(await waiting, 'OUTCOME_CURRENT')
    assert.equal(service.idp.count('POST /token'), calls)
  })

  it('keeps its absolute end, whatever is refreshed (SES-16)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    const before = await service.store.find(handle)
    await service.refresh(handle)
    const after = await service.store.find(handle)
    assert.ok(before.kind === 'found' && after.kind === 'found')
    assert.equal(after.session.expiresAtMs, before.session.expiresAtMs)
  })

  it('ends when the IdP says invalid_grant (REL-H3)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    service.idp.forgetRefreshToken()
    assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
    assert.equal(await lives(service, handle), false)
  })

  it('ends when the answer with the rotated token was lost, and the person signs in again (OIDC-14)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const browser = service.newBrowser()
    await service.signIn(browser)
    service.clock.aheadMs += 3_600_000
    const handle = service.lastSession()
    const loseAnswer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
      request.socket.destroy()
      service.idp.respond(request, response, body)
    }
    service.idp.behave = { instead: { '/token': loseAnswer } }
    assert.equal(await service.refresh(handle), 'OUTCOME_IDP_UNAVAILABLE', 'which may pass: the session lives on')
    service.idp.behave = {}
    service.clock.aheadMs += 120_000
    assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
    assert.equal(service.idp.reusedRefreshTokens, 1)
    assert.equal(await lives(service, handle), false)
    const again = await browser.get(service.signInLink())
    assert.equal(again.location.origin, service.idp.issuer)
    await service.redeem(await browser.get(service.idp.approve(again.location)))
  })

  it('is not brought back by a refresh when sign-out came first (REL-F4)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    service.idp.behave = {
      tokens: (answer) => {
        void service.store.end(handle)
        return answer
      },
    }
    assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
    assert.equal(await lives(service, handle), false)
  })

  it('loses nothing when the store fails after the IdP rotated the token (REL-F5)', async () => {
    let failing = false
    await using service = await AuthenticateUnderTest.start({
      store: (store) => storeThatFails(store, (method) => failing && method === 'replace'),
    })
    const handle = await anHourLater(service)
    failing = true
    setTimeout(() => (failing = false), 300)
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    service.clock.aheadMs += 3_600_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED', 'the rotated token was written')
  })
})

describe('a session whose IdP does not answer', () => {
  const faults: readonly [string, (response: ServerResponse) => void][] = [
    ['500', (response) => void response.writeHead(500).end()],
    ['429', (response) => void response.writeHead(429, json).end('{"error":"slow_down"}')],
    ['nothing', (response) => void response.destroy()],
    ['invalid_client (REL-H4)', (response) => void response.writeHead(401, json).end('{"error":"invalid_client"}')],
    ['invalid_scope', (response) => void response.writeHead(400, json).end('{"error":"invalid_scope"}')],
  ]
  for (const [title, answer] of faults) {
    it(`lives on for an hour, then is refused but not ended: ${title} (REL-H1)`, async () => {
      await using service = await AuthenticateUnderTest.start()
      const handle = await anHourLater(service)
      service.idp.behave = { instead: { '/token': (_, response) => answer(response) } }
      assert.equal(await service.refresh(handle), 'OUTCOME_IDP_UNAVAILABLE')
      service.clock.aheadMs += 3_600_000
      await assert.rejects(service.refresh(handle), { code: 'IDP_UNAVAILABLE' })
      assert.ok(await lives(service, handle))
      service.idp.behave = {}
      service.clock.aheadMs += 120_000
      assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED', 'and recovers')
    })
  }

  it('alarms the operator when it is our client that is refused', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    const refuse = (_: unknown, response: ServerResponse): void =>
      void response.writeHead(401, json).end('{"error":"invalid_client"}')
    service.idp.behave = { instead: { '/token': refuse } }
    await service.refresh(handle)
    assert.ok(service.log.lines.some((line) => line.level === 'error' && /client credentials/.test(line.message)))
  })

  it('does not make us storm it, and what it asks for is kept (REL-H1, REL-H2)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    const busy = (_: unknown, response: ServerResponse): void =>
      void response.writeHead(429, { ...json, 'retry-after': '120' }).end('{"error":"slow_down"}')
    service.idp.behave = { instead: { '/token': busy } }
    const before = service.idp.count('POST /token')
    for (let attempt = 0; attempt < 100; attempt += 1) await service.refresh(handle)
    service.clock.aheadMs += 119_000
    await service.refresh(handle)
    assert.equal(service.idp.count('POST /token') - before, 1)
  })
})

describe('reported use', () => {
  it('moves the idle end, never beyond now and never back', async () => {
    await using service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, sessionIdleTimeoutMs: 900_000 }),
    })
    await service.signIn(service.newBrowser())
    const sessionHandle = service.lastSession()
    const lastUse = async (): Promise<number> => {
      const found = await service.store.find(sessionHandle)
      assert.ok(found.kind === 'found')
      return found.session.lastUsedAtMs
    }
    service.clock.aheadMs += 600_000
    const now = service.clock.now().getTime()
    await service.reportUse([{ sessionHandle, lastUsedAtMs: now - 1_000 }])
    assert.equal(await lastUse(), now - 1_000)
    await service.reportUse([{ sessionHandle, lastUsedAtMs: 1 }])
    assert.equal(await lastUse(), now - 1_000)
    await service.reportUse([{ sessionHandle, lastUsedAtMs: now + 86_400_000 }])
    assert.ok((await lastUse()) <= service.clock.now().getTime())
    await service.reportUse([{ sessionHandle: 'not a handle', lastUsedAtMs: now }])
  })
})

describe('a refresh describes the person anew', () => {
  async function groupsOf(service: AuthenticateUnderTest, handle: SessionHandle): Promise<unknown> {
    const found = await service.store.find(handle)
    return found.kind === 'found' ? found.session.identity.claims['groups'] : found.kind
  }

  it('so that who lost a group has lost it here', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    assert.deepEqual(await groupsOf(service, handle), ['engineering'])
    service.idp.groups = ['visitors']
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    assert.deepEqual(await groupsOf(service, handle), ['visitors'])
    service.clock.aheadMs += 3_600_000
    service.idp.groups = undefined
    await service.refresh(handle)
    assert.equal(await groupsOf(service, handle), undefined, 'the IdP no longer says that there is any')
  })

  it('who stays the same under a new address; whoever gets the old address is somebody else (SES-23)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const identityOf = async (handle: SessionHandle): Promise<unknown> => {
      const found = await service.store.find(handle)
      return found.kind === 'found' ? [found.session.identity.userId, found.session.identity.email] : found.kind
    }
    const ada = await anHourLater(service)
    service.idp.behave = { userInfo: (claims) => ({ ...claims, email: 'countess@example.com' }) }
    assert.equal(await service.refresh(ada), 'OUTCOME_REFRESHED')
    assert.deepEqual(await identityOf(ada), ['ada', 'countess@example.com'])
    service.idp.subject = 'newcomer'
    service.idp.behave = { userInfo: (claims) => ({ ...claims, email: 'ada@example.com' }) }
    await service.signIn(service.newBrowser())
    const newcomer = service.lastSession()
    assert.deepEqual(await identityOf(newcomer), ['newcomer', 'ada@example.com'])
    assert.deepEqual(await service.store.endByUser(service.idp.issuer, 'newcomer'), { kind: 'done', count: 1 })
    assert.equal(await lives(service, ada), true)
    assert.deepEqual(await service.store.endByUser(service.idp.issuer, 'ada'), { kind: 'done', count: 1 })
  })

  it('from the ID token, where the IdP has no userinfo endpoint', async () => {
    let groups = ['engineering', 'admins']
    await using service = await AuthenticateUnderTest.start({
      idp: {
        discovery: ({ userinfo_endpoint: _, ...document }) => document,
        claims: (claims) => ({ ...claims, groups }),
      },
    })
    const handle = await anHourLater(service)
    groups = ['engineering']
    await service.refresh(handle)
    assert.deepEqual(await groupsOf(service, handle), ['engineering'])
  })

  it('from the userinfo endpoint, where the IdP sends no new ID token', async () => {
    const inIdToken = { claims: (claims: object) => ({ ...claims, groups: ['engineering'] }) }
    await using service = await AuthenticateUnderTest.start({ idp: inIdToken })
    const handle = await anHourLater(service)
    service.idp.behave = { tokens: ({ id_token: _, ...answer }) => answer }
    service.idp.groups = ['visitors']
    await service.refresh(handle)
    assert.deepEqual(await groupsOf(service, handle), ['visitors'])
  })

  it('and, where that endpoint does not answer, keeps the new tokens and asks again soon', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    service.idp.behave = { instead: { '/userinfo': (_request, response) => void response.destroy() } }
    service.idp.groups = []
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    assert.deepEqual(await groupsOf(service, handle), ['engineering'])
    service.idp.behave = {}
    service.clock.aheadMs += 61_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED', 'with the token that was kept')
    assert.deepEqual(await groupsOf(service, handle), [])
  })

  const refusals: readonly [string, Parameters<typeof AuthenticateUnderTest.start>[0]][] = [
    [
      'whose address is not verified any more',
      { idp: { userInfo: (claims) => ({ ...claims, email_verified: false }) } },
    ],
    ['who is somebody else at the userinfo endpoint', { idp: { userInfo: (claims) => ({ ...claims, sub: 'eve' }) } }],
  ]
  for (const [title, { idp } = {}] of refusals) {
    it(`and ends the session of somebody ${title}`, async () => {
      await using service = await AuthenticateUnderTest.start()
      const handle = await anHourLater(service)
      service.idp.behave = idp ?? {}
      assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
      assert.equal(await lives(service, handle), false)
    })
  }
})
