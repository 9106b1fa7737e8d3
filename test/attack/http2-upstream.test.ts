import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { Http2Client } from '../support/http2-client.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../support/proxy-under-test.ts'
import { flags, frame, frameTypes, headerBlock } from '../support/raw-http2.ts'

/** What an upstream sends to each request: exactly these frames. */
type Behaviour = (stream: number) => readonly Buffer[]

const preface = 24
let behaviour: Behaviour = () => []
let requests = 0
const sockets = new Set<Socket>()

/** Knows just enough of HTTP/2 to notice a request. */
const upstream = createServer((socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  let received = Buffer.alloc(0)
  let at = preface
  socket.write(frame(frameTypes.settings, flags.none, 0))
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (let end = frameEnd(received, at); end <= received.length; end = frameEnd(received, at)) {
      const type = received.readUInt8(at + 3)
      const stream = received.readUInt32BE(at + 5)
      at = end
      if (type !== frameTypes.headers) continue
      requests += 1
      socket.write(Buffer.concat(behaviour(stream)))
    }
  })
})

function frameEnd(received: Buffer, at: number): number {
  return at + 9 > received.length ? Infinity : at + 9 + received.readUIntBE(at, 3)
}

let proxy: ProxyUnderTest
before(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`)
  const route = aRoute('app.test', url, { upstreams: [{ url, weight: 1, h2c: true }], timeoutMs: 2_000 })
  proxy = await startProxyUnderTest({ routes: [route] })
})
afterEach(() => {
  requests = 0
  for (const socket of sockets) socket.destroy()
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  for (const socket of sockets) socket.destroy()
  upstream.close()
})

async function ask(method: string): Promise<string> {
  using client = new Http2Client(proxy.port)
  const stream = client.session.request(
    { ':method': method, ':path': '/', ':authority': 'app.test', cookie: aliceCookie },
    { endStream: true },
  )
  const { promise, resolve } = Promise.withResolvers<string>()
  let status = ''
  stream.on('error', () => undefined)
  stream.on('response', (headers) => (status = String(headers[':status'])))
  stream.on('trailers', (trailers) => (status += ` ${Object.keys(trailers).join()}`))
  stream.on('close', () => resolve(stream.rstCode === 0 ? status : `reset ${String(stream.rstCode)}`))
  stream.resume()
  return await promise
}

describe('an upstream that speaks HTTP/2 as it likes', { timeout: 10_000 }, () => {
  const head = (stream: number): Buffer =>
    frame(frameTypes.headers, flags.endHeaders, stream, headerBlock(':status', '200'))
  const trailers = (stream: number, ...list: string[]): Buffer =>
    frame(frameTypes.headers, flags.endHeaders | flags.endStream, stream, headerBlock(...list))

  it('cannot end the process with a trailer that HTTP/2 forbids and its parser lets through', async () => {
    behaviour = (stream) => [head(stream), trailers(stream, 'http2-settings', 'x', 'x-checksum', '1')]
    assert.equal(await ask('GET'), '200 x-checksum')
  })

  it('cannot have a request sent twice by ending the connection as a stream that it refused', async () => {
    const refused = 7
    behaviour = (stream) => [frame(frameTypes.goAway, flags.none, 0, Buffer.from([0, 0, 0, stream, 0, 0, 0, refused]))]
    assert.equal(await ask('POST'), '502')
    assert.equal(requests, 1)
  })
})
