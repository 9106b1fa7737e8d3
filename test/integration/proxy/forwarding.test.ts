import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'

let upstream: Recorder
let proxy: ProxyUnderTest

before(async () => {
  upstream = await Recorder.start()
  proxy = await startProxyUnderTest({ routes: [aRoute('app.test', upstream.url)] })
})
afterEach(() => upstream.reset())
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

describe('an allowed request', () => {
  it('reaches the upstream and its answer the client', async () => {
    const answer = await sendRaw(proxy.port, `GET /a?b=c HTTP/1.1\r\nHost: app.test\r\nCookie: ${aliceCookie}\r\n\r\n`)
    assert.equal(answer.status, 200)
    assert.match(answer.text, /\r\n\r\nok$/)
    assert.equal(upstream.requests[0]?.target, '/a?b=c')
  })

  it('takes its body along', async () => {
    const head = `POST /a HTTP/1.1\r\nHost: app.test\r\nCookie: ${aliceCookie}\r\n`
    await sendRaw(proxy.port, `${head}Content-Length: 5\r\n\r\nhello`)
    await sendRaw(proxy.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n`)
    assert.deepEqual(
      upstream.requests.map(({ body }) => body.toString()),
      ['hello', 'world'],
    )
  })
})
