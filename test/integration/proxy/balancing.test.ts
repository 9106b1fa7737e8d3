import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { get, startConfigured } from '../../support/configured-proxy.ts'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'

/** A port on which nobody listens any more. */
async function deadAddress(): Promise<string> {
  const gone = await Recorder.start()
  const { href } = gone.url
  await gone[Symbol.asyncDispose]()
  return href
}

const counts = (...upstreams: Recorder[]): number[] => upstreams.map(({ requests }) => requests.length)

describe('several upstreams of a route', () => {
  it('share the requests by weight', async () => {
    await using a = await Recorder.start()
    await using b = await Recorder.start()
    const to = [`${a.url.origin},3`, `${b.url.origin},1`]
    await using proxy = await startConfigured({ routes: [{ from: 'https://app.test', to }] })
    for (let sent = 0; sent < 8; sent += 1) assert.equal((await get(proxy.port, 'app.test/')).status, 200)
    assert.deepEqual(counts(a, b), [6, 2])
  })

  it('least_request: the one that is busy gets no more', async () => {
    await using busy = await Recorder.start()
    await using idle = await Recorder.start()
    const routes = [
      { from: 'https://app.test', to: [busy.url.href, idle.url.href], load_balancing_policy: 'LEAST_REQUEST' },
    ]
    await using proxy = await startConfigured({ routes })
    busy.reply = () => undefined
    const waiting = get(proxy.port, 'app.test/slow')
    await busy.until(() => busy.requests.length === 1)
    for (let sent = 0; sent < 4; sent += 1) await get(proxy.port, 'app.test/')
    assert.deepEqual(counts(busy, idle), [1, 4])
    busy.answerAll('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    assert.equal((await waiting).status, 200)
  })

  it('random: both get some', async () => {
    await using a = await Recorder.start()
    await using b = await Recorder.start()
    const routes = [{ from: 'https://app.test', to: [a.url.href, b.url.href], load_balancing_policy: 'RANDOM' }]
    await using proxy = await startConfigured({ routes })
    const enough = (): boolean => a.requests.length > 0 && b.requests.length > 0
    // Sixty heads in a row do not happen.
    for (let sent = 0; sent < 60 && !enough(); sent += 1) await get(proxy.port, 'app.test/')
    assert.ok(enough())
  })

  it('one that is gone costs nobody an answer (REL-L1)', async () => {
    await using alive = await Recorder.start()
    const routes = [{ from: 'https://app.test', to: [await deadAddress(), alive.url.href] }]
    await using proxy = await startConfigured({ routes })
    for (let sent = 0; sent < 4; sent += 1) assert.equal((await get(proxy.port, 'app.test/')).status, 200)
    assert.equal(alive.requests.length, 4)
  })

  it('a request that could do harm twice is not sent again; the next one goes elsewhere', async () => {
    await using alive = await Recorder.start()
    const routes = [{ from: 'https://app.test', to: [await deadAddress(), alive.url.href] }]
    await using proxy = await startConfigured({ routes })
    const post = 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\nhi'
    const statuses: number[] = []
    for (let sent = 0; sent < 4; sent += 1) statuses.push((await sendRaw(proxy.port, post)).status)
    assert.deepEqual(statuses, [502, 200, 200, 200])
    assert.equal(alive.requests.length, 3)
  })

  it('a WebSocket that found nobody leads the next one elsewhere', async () => {
    await using alive = await Recorder.start()
    alive.reply = (_request, socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const to = [await deadAddress(), alive.url.href]
    await using proxy = await startConfigured({ routes: [{ from: 'https://app.test', to, allow_websockets: true }] })
    const upgrade = 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    assert.equal((await sendRaw(proxy.port, upgrade)).status, 502)
    // Three turns: without the first one's experience, one of them would be the dead one's.
    for (let opened = 0; opened < 3; opened += 1) {
      using client = new RawClient(proxy.port)
      client.send(upgrade)
      await client.until(() => client.text.includes('\r\n\r\n'))
      assert.match(client.text, /^HTTP\/1\.1 101 /)
    }
  })

  it('one that comes back is used again', async () => {
    const first = await Recorder.start()
    await using alive = await Recorder.start()
    const routes = [{ from: 'https://app.test', to: [first.url.href, alive.url.href] }]
    let now = Date.now()
    await using proxy = await startConfigured({ routes }, { clock: { now: () => new Date(now) } })
    const { port } = first
    await first[Symbol.asyncDispose]()
    for (let sent = 0; sent < 4; sent += 1) await get(proxy.port, 'app.test/')
    assert.equal(alive.requests.length, 4)
    let returned = 0
    const back = createServer((socket) => {
      returned += 1
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    }).listen(port, '127.0.0.1')
    await once(back, 'listening')
    await get(proxy.port, 'app.test/')
    assert.equal(returned, 0)
    now += 60_000
    for (let sent = 0; sent < 2; sent += 1) await get(proxy.port, 'app.test/')
    assert.equal(returned, 1)
    back.close()
  })

  it('none reachable is said, and all are tried again', async () => {
    const routes = [{ from: 'https://app.test', to: [await deadAddress(), await deadAddress()] }]
    await using proxy = await startConfigured({ routes })
    for (let sent = 0; sent < 2; sent += 1) {
      const answer = await get(proxy.port, 'app.test/')
      assert.equal(answer.status, 502)
      assert.match(answer.text, /UPSTREAM_UNREACHABLE/)
    }
  })
})
