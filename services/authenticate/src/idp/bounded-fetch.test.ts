import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundedFetch } from './bounded-fetch.ts'

const options = { method: 'GET', headers: {}, redirect: 'manual' } as const
const bounds = { timeoutMs: 50, maxBytes: 1_000 }
const answering = (answer: (init: RequestInit) => Response | Promise<Response>): typeof fetch =>
  ((_: unknown, init: RequestInit) => Promise.resolve(answer(init))) as typeof fetch

describe('a call to the IdP', () => {
  it('gets the answer, decoded and complete', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': '7' }
    const call = boundedFetch(
      bounds,
      answering(() => new Response('{"a":1}', { headers })),
    )
    const response = await call('https://idp.example.com/', options)
    assert.deepEqual(await response.json(), { a: 1 })
    assert.deepEqual([...response.headers.keys()], ['content-type'])
  })

  it('gets an answer without a body', async () => {
    const call = boundedFetch(
      bounds,
      answering(() => new Response(null, { status: 204 })),
    )
    assert.equal((await call('https://idp.example.com/', options)).status, 204)
  })

  it('reads no more than the cap, however much comes', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 1
        controller.enqueue(new Uint8Array(600))
      },
    })
    const call = boundedFetch(
      bounds,
      answering(() => new Response(endless)),
    )
    await assert.rejects(call('https://idp.example.com/', options), RangeError)
    assert.ok(sent < 10)
  })

  it('waits no longer than the deadline, for the body too', async () => {
    const silent = (init: RequestInit): Response =>
      new Response(
        new ReadableStream({
          start: (controller) => init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)),
        }),
      )
    const call = boundedFetch(bounds, answering(silent))
    const alive = setInterval(() => undefined, 10) // the deadline's own timer keeps no process alive
    await assert.rejects(call('https://idp.example.com/', options), { name: 'TimeoutError' })
    clearInterval(alive)
  })

  it('follows no redirect', async () => {
    const call = boundedFetch(
      bounds,
      answering((init) => {
        assert.equal(init.redirect, 'manual')
        return new Response(null, { status: 302 })
      }),
    )
    assert.equal((await call('https://idp.example.com/', options)).status, 302)
  })

  it('uses plain HTTP only on this machine', async () => {
    const call = boundedFetch(
      bounds,
      answering(() => new Response('ok')),
    )
    for (const url of ['http://127.0.0.1:1/', 'http://[::1]/', 'http://localhost/', 'http://idp.localhost:8081/']) {
      assert.equal((await call(url, options)).status, 200, url)
    }
    for (const url of [
      'http://idp.example.com/',
      'http://localhost.evil.com/',
      'http://127.evil.com/',
      'file:///etc/x',
    ]) {
      await assert.rejects(call(url, options), TypeError, url)
    }
  })
})
