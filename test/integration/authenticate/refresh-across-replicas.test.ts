import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'

const json = { 'content-type': 'application/json' }

/** Somebody signed in an hour ago: the access token has run out. */
async function dueSession(service: AuthenticateUnderTest): Promise<Session> {
  await service.signIn(service.newBrowser())
  service.clock.aheadMs += 3_600_000
  return sessionOf(service, service.lastSession())
}

async function sessionOf(service: AuthenticateUnderTest, handle: SessionHandle): Promise<Session> {
  const found = await service.store.find(handle)
  assert.ok(found.kind === 'found')
  return found.session
}

/** What another replica writes when it has refreshed a session. */
function refreshedElsewhere(service: AuthenticateUnderTest, session: Session): void {
  const refreshDueAtMs = service.clock.now().getTime() + 3_600_000
  void service.store.replace({ ...session, version: session.version + 1, refreshDueAtMs })
}

describe('a refresh, while another replica is at the same session,', () => {
  it('is not made again by who got the lock just after the other was done', async () => {
    let beforeLock = (): void => undefined
    await using service = await AuthenticateUnderTest.start({
      store: (store) =>
        storeThatFails(store, (method) => {
          if (method === 'acquireLock') beforeLock()
          return false
        }),
    })
    const session = await dueSession(service)
    const calls = service.idp.count('POST /token')
    beforeLock = () => refreshedElsewhere(service, session)
    assert.equal(await service.refresh(session.handle), 'OUTCOME_CURRENT')
    assert.equal(service.idp.count('POST /token'), calls)
  })

  it('that used the token first, says nothing about the session: invalid_grant does not end it', async () => {
    await using service = await AuthenticateUnderTest.start()
    const session = await dueSession(service)
    service.idp.behave = {
      instead: {
        '/token': (_request, response) => {
          refreshedElsewhere(service, session)
          response.writeHead(400, json).end('{"error":"invalid_grant"}')
        },
      },
    }
    assert.equal(await service.refresh(session.handle), 'OUTCOME_CURRENT')
    assert.equal((await sessionOf(service, session.handle)).version, session.version + 1)
  })

  it('that died with the lock in hand, waits ten seconds at most (REL-F2)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const session = await dueSession(service)
    const attempt = await service.store.acquireLock(`refresh:${session.handle}`, 10_000)
    assert.equal(attempt.kind, 'acquired')
    service.clock.aheadMs += 10_001
    assert.equal(await service.refresh(session.handle), 'OUTCOME_REFRESHED')
  })

  it('keeps its lock for as long as the IdP takes (REL-F3)', async (test) => {
    await using service = await AuthenticateUnderTest.start()
    const session = await dueSession(service)
    const asked = Promise.withResolvers<undefined>()
    const answer = Promise.withResolvers<undefined>()
    service.idp.behave = {
      instead: {
        '/token': (request, response, body) => {
          asked.resolve(undefined)
          void answer.promise.then(() => service.idp.respond(request, response, body))
        },
      },
    }
    test.mock.timers.enable({ apis: ['setInterval'] })
    const refreshing = service.refresh(session.handle)
    await asked.promise
    const lockedElsewhere = () => service.store.acquireLock(`refresh:${session.handle}`, 1)
    for (let round = 0; round < 5; round += 1) {
      service.clock.aheadMs += 4_000
      test.mock.timers.tick(3_000)
      assert.equal((await lockedElsewhere()).kind, 'held', `after ${String((round + 1) * 4)} s`)
    }
    answer.resolve(undefined)
    assert.equal(await refreshing, 'OUTCOME_REFRESHED')
    assert.equal((await lockedElsewhere()).kind, 'acquired', 'and gives it back')
  })
})
