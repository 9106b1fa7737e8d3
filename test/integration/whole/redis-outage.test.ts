import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { openRaw } from '../../support/raw-redis.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const routes = `
- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, cors_allow_preflight: true}
- {from: https://pub.test, to: UPSTREAM, allow_public_unauthenticated_access: true}
- {from: https://api.test, to: UPSTREAM, allow_any_authenticated_user: true, bearer_token_format: idp_identity_token}
`
const json = { accept: 'application/json', 'sec-fetch-mode': 'cors' }

let opened: AsyncDisposableStack
let redis: RedisServer
let network: TcpProxy
let stack: WholeStack
let ada: WebClient

beforeEach(async () => {
  opened = new AsyncDisposableStack()
  redis = opened.use(await startRedis())
  network = opened.use(await startTcpProxy(redis.port))
  const url = (): string => `redis://127.0.0.1:${String(network.port)}`
  stack = opened.use(await startWholeStack({ routes, store: { url } }))
  ada = stack.newBrowser()
  assert.equal((await stack.visit(ada, 'https://app.test/')).status, 200)
})
afterEach(() => opened.disposeAsync())

async function timed(ask: () => Promise<WebAnswer>): Promise<WebAnswer & { readonly tookMs: number }> {
  const start = performance.now()
  return { ...(await ask()), tookMs: performance.now() - start }
}

/** The answer to somebody whose session cannot be looked up: nobody is signed out by it, or sent to sign in (SES-10). */
function assertUnavailable(answer: WebAnswer & { readonly tookMs?: number }): void {
  assert.equal(answer.status, 503)
  assert.match(String(answer.headers['retry-after']), /^\d+$/)
  assert.equal(answer.headers.location, undefined)
  assert.deepEqual(answer.cookies, [], 'the cookie stays')
  assert.ok((answer.tookMs ?? 0) < 1_000, `took ${String(answer.tookMs)} ms`)
}

/** While Redis is watched no more, copies of sessions do not count: from then on it has to be asked. */
async function untilItShows(): Promise<void> {
  await eventually('Redis is missed', 3_000, async () => (await ada.get('https://app.test/')).status === 503)
}

const outages: readonly [string, () => Promise<void>][] = [
  ['refuses connections (REL-A1)', () => network.refuse()],
  ['drops every packet (REL-A2)', () => Promise.resolve(network.blackHole())],
  ['is killed (REL-A1)', () => redis.kill()],
]

describe('while Redis', () => {
  for (const [title, begin] of outages) {
    it(`${title} people get a page, programs JSON, within a second; who needs no session notices nothing`, async () => {
      const idToken = stack.idp.secrets.findLast((secret) => secret.startsWith('eyJ')) ?? ''
      await begin()
      await untilItShows()
      const page = await timed(() => ada.get('https://app.test/'))
      assertUnavailable(page)
      assert.match(page.body, /<html/)
      const data = await timed(() => ada.get('https://app.test/', { headers: json }))
      assertUnavailable(data)
      assert.equal((JSON.parse(data.body) as { status: number }).status, 503)
      for (const [url, headers, method] of [
        ['https://pub.test/', {}, 'GET'],
        ['https://app.test/', { origin: 'https://x.test', 'access-control-request-method': 'PUT' }, 'OPTIONS'],
        ['https://api.test/', { authorization: `Bearer ${idToken}` }, 'GET'],
      ] as const) {
        const answer = await timed(() => stack.newBrowser().send(url, { method, headers }))
        assert.equal(answer.status, 200, `${method} ${url}`)
        assert.ok(answer.tookMs < 1_000)
      }
    })
  }

  it('drops every packet, a request waits half a second at most, and soon none waits (REL-A2)', async () => {
    network.blackHole()
    await untilItShows()
    for (let second = 0; second < 3; second += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => timed(() => ada.get('https://app.test/'))))
      answers.forEach(assertUnavailable)
      const slowest = Math.max(...answers.map(({ tookMs }) => tookMs))
      assert.ok(slowest < 800, `took ${String(slowest)} ms`)
    }
    const next = await timed(() => ada.get('https://app.test/'))
    assert.ok(next.tookMs < 300, `took ${String(next.tookMs)} ms`)
  })

  for (const [title, begin] of outages.slice(0, 2)) {
    it(`${title} and is back, the first answer comes within two seconds, for the same cookie (REL-A3)`, async () => {
      await begin()
      await untilItShows()
      await network.heal()
      await eventually(
        'the session counts again',
        2_000,
        async () => (await ada.get('https://app.test/')).status === 200,
      )
    })
  }

  it('is slow, everything works (REL-A4)', async () => {
    network.delay(125)
    const grace = stack.newBrowser()
    assert.equal((await stack.visit(grace, 'https://app.test/')).status, 200)
    assert.equal((await ada.get('https://app.test/')).status, 200)
  })

  it('is away, a sign-in that was under way can be begun again, and ends well when Redis is back (REL-B1)', async () => {
    const grace = stack.newBrowser()
    const { location } = await grace.get('https://app.test/page')
    const toIdp = await grace.get(location)
    await network.refuse()
    const refused = await grace.get(stack.idp.approve(toIdp.location))
    assert.equal(refused.status, 503)
    assert.match(refused.body, /href="https:\/\/app\.test\/page"[^>]*>Start again</)
    await network.heal()
    await eventually('Redis is back', 2_000, async () => (await ada.get('https://app.test/')).status === 200)
    assert.equal((await stack.visit(grace, 'https://app.test/page')).status, 200)
  })

  it('is full, nobody new gets in, and who is in stays so (REL-B2)', async () => {
    using raw = openRaw(redis.port)
    await raw.config('SET', 'maxmemory', '1')
    const grace = await stack.visit(stack.newBrowser(), 'https://app.test/')
    assert.equal(grace.status, 503)
    assert.match(grace.body, /Start again|Try again/)
    assert.equal((await ada.get('https://app.test/')).status, 200)
    await raw.config('SET', 'maxmemory', '0')
    assert.equal((await stack.visit(stack.newBrowser(), 'https://app.test/')).status, 200)
  })

  it('is flushed, people sign in once more; a sign-in that is under way survives it (REL-B4)', async () => {
    using raw = openRaw(redis.port)
    const grace = stack.newBrowser()
    const { location } = await grace.get('https://app.test/')
    const toIdp = await grace.get(location)
    await raw.flushall()
    const back = await grace.get(stack.idp.approve(toIdp.location))
    assert.equal((await stack.visit(grace, back.location.href)).status, 200)
    await eventually('the copy is gone', 100, async () => (await ada.get('https://app.test/')).status === 302)
    const calls = stack.idp.count('POST /token')
    assert.equal((await stack.visit(ada, 'https://app.test/')).status, 200)
    assert.equal(stack.idp.count('POST /token'), calls + 1)
  })
})
