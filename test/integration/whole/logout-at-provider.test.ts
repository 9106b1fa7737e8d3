import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { ada, mallory } from '@postern/dev/idp/people.ts'
import { startStack, type Stack } from '@postern/dev/stack.ts'
import { Secret } from '@postern/shared/secret.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { WebSocket } from 'ws'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { startRedis } from '../../support/redis-server.ts'
import { Visitor } from '../../support/visitor.ts'
import { startApplication, type Seen } from '../../support/whole-stack.ts'

describe('signing out at a certified OpenID provider', () => {
  const opened = new AsyncDisposableStack()
  const log = recordingLog()
  let stack: Stack
  let urls: readonly string[]

  before(async () => {
    const seen: Seen[] = []
    const application = await startApplication(opened, seen)
    const redis = opened.use(await startRedis())
    const config = { caFile: undefined, keyPrefix: 'postern:', commandTimeoutMs: 1_000, connectTimeoutMs: 5_000 }
    const sessions = await RedisSessionStore.connect({ ...config, url: new Secret(redis.url()) }, { log })
    opened.use(sessions)
    const route = (name: string, port: string): string => `
  - from: http://${name}.localhost:${port}
    to: ${application}
    allow_any_authenticated_user: true
    allow_websockets: true
`
    stack = await startStack({
      processEnvironment: {},
      log,
      sessions,
      configure: (yaml) => {
        const [, port = ''] = /hello\.localhost:(\d+)/.exec(yaml) ?? []
        return `${yaml}${route('one', port)}${route('two', port)}`
      },
    })
    opened.use(stack)
    urls = ['one', 'two'].map((name) => `http://${name}.localhost:${String(stack.ports.proxy)}/`)
  })
  after(() => opened.disposeAsync())

  const statuses = (visitor: Visitor): Promise<readonly number[]> =>
    Promise.all(urls.map(async (url) => (await visitor.here.get(url)).status))

  async function signedIn(person: string): Promise<Visitor> {
    const visitor = new Visitor(stack.ports.proxy, stack.identityProvider.issuer, person)
    for (const url of urls) assert.equal((await visitor.open(url)).status, 200)
    return visitor
  }

  async function openWebSocket(visitor: Visitor): Promise<WebSocket> {
    const url = new URL('/ws', urls[0])
    const headers = { host: url.host, cookie: visitor.here.cookiesFor(url) }
    const socket = new WebSocket(`ws://127.0.0.1:${url.port}/ws`, { headers })
    await once(socket, 'open')
    return socket
  }

  it('ends the session here by its back-channel logout: every route within 100 ms, the WebSocket too, and nobody else', async () => {
    const [leaving, staying] = [await signedIn(ada.id), await signedIn(mallory.id)]
    const [socket, kept] = [await openWebSocket(leaving), await openWebSocket(staying)]
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(5_000) }).then(() => performance.now())
    await leaving.signOutAtIdp()
    const signedOutAt = performance.now()
    await eventually('every route refuses the cookie', 100, async () =>
      (await statuses(leaving)).every((status) => status === 302),
    )
    assert.ok((await closed) - signedOutAt < 100, 'the WebSocket is closed')
    assert.deepEqual(await statuses(staying), [200, 200])
    assert.equal(kept.readyState, kept.OPEN)
    kept.terminate()
  })

  it('ends one sign-in of a person, not those in their other browsers', async () => {
    const [desk, phone] = [await signedIn(ada.id), await signedIn(ada.id)]
    await desk.signOutAtIdp()
    await eventually('the one is over', 100, async () => (await statuses(desk)).every((status) => status === 302))
    assert.deepEqual(await statuses(phone), [200, 200])
  })

  it('does not sign in again by itself: the provider asks who it is', async () => {
    const visitor = await signedIn(ada.id)
    await visitor.signOutAtIdp()
    const { location } = await visitor.here.get(urls[0] ?? '')
    const toIdp = await visitor.here.get(location)
    const asked = await visitor.atIdp.get(toIdp.location)
    assert.match(asked.location.pathname, /^\/interaction\//)
  })
})
