import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { Secret } from '@postern/shared/secret.ts'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { eventually } from '../../support/eventually.ts'
import { startGrpcEcho, type GrpcEcho } from '../../support/grpc-echo.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'
import { Recorder } from '../../support/recorder.ts'

const authority = new CertificateAuthority('test authority')
const issued = authority.issue({
  commonName: 'app.test',
  dnsNames: ['app.test', 'h2c.test', 'old.test'],
  ipAddresses: [],
})

let clear: GrpcEcho
let encrypted: GrpcEcho
let http1: Recorder
const proxies: Record<string, ProxyUnderTest> = {}

before(async () => {
  clear = await startGrpcEcho()
  encrypted = await startGrpcEcho(issued)
  http1 = await Recorder.start()
  const upstreamTls = { skipVerify: false, serverName: 'app.test', ca: authority.certificate }
  const routes = [
    aRoute('app.test', new URL(`https://127.0.0.1:${String(encrypted.port)}`), { upstreamTls }),
    {
      ...aRoute('h2c.test', new URL('http://unused.test')),
      upstreams: [{ url: new URL(`http://127.0.0.1:${String(clear.port)}`), weight: 1, h2c: true as const }],
    },
    aRoute('old.test', http1.url),
    aRoute('gone.test', new URL('http://127.0.0.1:1'), {
      upstreams: [{ url: new URL('http://127.0.0.1:1'), weight: 1, h2c: true as const }],
    }),
  ]
  const tls = { certificates: [{ certificate: issued.certificate, key: new Secret(issued.key) }] as const }
  proxies['with TLS'] = await startProxyUnderTest({ routes, config: { tls } })
  proxies['without TLS'] = await startProxyUnderTest({ routes })
})
after(async () => {
  for (const proxy of Object.values(proxies)) await proxy[Symbol.asyncDispose]()
  await Promise.all([clear, encrypted, http1].map((upstream) => upstream[Symbol.asyncDispose]()))
})

const same = (message: Buffer): Buffer => message
const hello = Buffer.from('hello')

for (const [listener, upstream, host] of [
  ['with TLS', 'https', 'app.test'],
  ['with TLS', 'h2c', 'h2c.test'],
  ['without TLS', 'https', 'app.test'],
  ['without TLS', 'h2c', 'h2c.test'],
] as const) {
  describe(`gRPC through a listener ${listener} to ${upstream}`, () => {
    let client: Client
    let echo: GrpcEcho

    before(() => {
      client = clientOf(listener, host)
      echo = upstream === 'https' ? encrypted : clear
    })
    after(() => client.close())

    it('unary, with what comes first and last', async () => {
      const { message, first, last } = await unary(client, 'Unary', hello, as('alice', { 'x-mine': 'yes' }))
      assert.equal(message.toString(), 'hello')
      assert.deepEqual(first.get('x-first'), ['word'])
      assert.deepEqual(last.get('x-last'), ['word'])
      assert.deepEqual(last.get('x-last-bin'), [Buffer.from([0, 255])])
      const seen = echo.seen.at(-1)?.getMap() ?? {}
      assert.equal(seen['x-mine'], 'yes')
      assert.equal(seen['x-forwarded-host'], host)
      assert.equal(seen['cookie'], undefined)
    })

    it('a stream of requests, one answer', async () => {
      const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
      const call = client.makeClientStreamRequest(path('Collect'), same, same, as('alice'), (error, value) =>
        error === null ? resolve(value) : reject(error),
      )
      for (const word of ['a', 'b', 'c']) call.write(Buffer.from(word))
      call.end()
      assert.equal((await promise)?.toString(), 'abc')
    })

    it('one request, a stream of answers, and what comes last', async () => {
      const call = client.makeServerStreamRequest(path('Repeat'), same, same, hello, as('alice'))
      const ended = Promise.withResolvers<Metadata>()
      call.once('status', ({ metadata }) => ended.resolve(metadata))
      const words: string[] = []
      for await (const message of call) words.push(String(message))
      assert.deepEqual(words, ['hello', 'hello', 'hello'])
      assert.deepEqual((await ended.promise).get('x-last'), ['word'])
    })

    it('both sides talk, each word answered before the next', async () => {
      const call = client.makeBidiStreamRequest(path('Talk'), same, same, as('alice'))
      const answers = call.iterator() as AsyncIterator<Buffer>
      for (const word of ['one', 'two', 'three']) {
        call.write(Buffer.from(word))
        assert.equal((await answers.next()).value.toString(), word)
      }
      call.end()
      assert.equal((await answers.next()).done, true)
    })

    it('messages of many megabytes', async () => {
      const large = Buffer.alloc(40 * 1024 * 1024, 'x')
      const { message } = await unary(client, 'Unary', large, as('alice'))
      assert.ok(message.equals(large))
    })

    it('an error of the application, its text and its metadata', async () => {
      const error = await failure(unary(client, 'Fail', hello, as('alice')))
      assert.deepEqual([error.code, error.details], [status.FAILED_PRECONDITION, 'not so: 100 %, ł'])
      assert.deepEqual(error.metadata.get('x-last'), ['word'])
    })

    it('a method that does not exist', async () => {
      assert.equal((await failure(unary(client, 'None', hello, as('alice')))).code, status.UNIMPLEMENTED)
    })

    it('nobody who is not signed in', async () => {
      const error = await failure(unary(client, 'Unary', hello, new Metadata()))
      assert.deepEqual([error.code, error.details], [status.UNAUTHENTICATED, 'Sign-in is required.'])
      assert.deepEqual(error.metadata.get('postern-error'), ['SIGN_IN_REQUIRED'])
    })

    it('nobody whom the policy denies, not even a stream', async () => {
      const error = await failure(unary(client, 'Unary', hello, as('bob')))
      assert.equal(error.code, status.PERMISSION_DENIED)
      const call = client.makeBidiStreamRequest(path('Talk'), same, same, as('bob'))
      call.on('data', () => undefined)
      call.write(hello)
      const streamError = await new Promise<ServiceError>((resolve) => call.once('error', resolve))
      assert.equal(streamError.code, status.PERMISSION_DENIED)
    })

    it('a call that is taken back ends at the application, too', async () => {
      const before = echo.cancelled
      const call = client.makeServerStreamRequest(path('Wait'), same, same, hello, as('alice'))
      call.once('data', () => call.cancel())
      const error = await new Promise<ServiceError>((resolve) => call.once('error', resolve))
      assert.equal(error.code, status.CANCELLED)
      await eventually('the application heard of it', 1000, () => echo.cancelled === before + 1)
    })

    it('a deadline that passes, there and here', async () => {
      const before = echo.cancelled
      const deadline = Date.now() + 300
      const call = client.makeServerStreamRequest(path('Wait'), same, same, hello, as('alice'), { deadline })
      call.on('data', () => undefined)
      const error = await new Promise<ServiceError>((resolve) => call.once('error', resolve))
      assert.equal(error.code, status.DEADLINE_EXCEEDED)
      await eventually('the application heard of it', 1000, () => echo.cancelled === before + 1)
    })
  })
}

describe('gRPC where Postern answers', () => {
  it('knows no route: UNIMPLEMENTED', async () => {
    using client = closing(clientOf('without TLS', 'none.test'))
    assert.equal((await failure(unary(client, 'Unary', hello, as('alice')))).code, status.UNIMPLEMENTED)
  })

  it('cannot reach the upstream: UNAVAILABLE', async () => {
    using client = closing(clientOf('without TLS', 'gone.test'))
    assert.equal((await failure(unary(client, 'Unary', hello, as('alice')))).code, status.UNAVAILABLE)
  })

  it('cannot ask authorize: UNAVAILABLE', async () => {
    const proxy = proxies['without TLS']
    assert.ok(proxy)
    const { decide } = proxy.checker
    proxy.checker.decide = () => Promise.reject(new Error('no decision'))
    using client = closing(clientOf('without TLS', 'h2c.test'))
    const error = await failure(unary(client, 'Unary', hello, as('alice')))
    proxy.checker.decide = decide
    assert.ok([status.UNAVAILABLE, status.UNKNOWN].includes(error.code), String(error.code))
    assert.deepEqual(error.metadata.get('postern-error'), ['INTERNAL'])
  })

  it('a stream ends when the session does', async () => {
    const proxy = proxies['without TLS']
    assert.ok(proxy)
    using client = closing(clientOf('without TLS', 'h2c.test'))
    const call = client.makeServerStreamRequest(path('Wait'), same, same, hello, as('alice'))
    await new Promise((resolve) => call.once('data', resolve))
    const before = clear.cancelled
    const { decide } = proxy.checker
    proxy.checker.decide = () => ({ kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined })
    proxy.checker.change({ kind: 'sessions', handles: ['h-alice'] })
    await new Promise((resolve) => call.once('error', resolve))
    proxy.checker.decide = decide
    await eventually('the application heard of it', 1000, () => clear.cancelled === before + 1)
  })
})

function clientOf(listener: string, host: string): Client {
  const options = {
    'grpc.default_authority': host,
    'grpc.ssl_target_name_override': 'app.test',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  }
  const channel =
    listener === 'with TLS' ? credentials.createSsl(Buffer.from(authority.certificate)) : credentials.createInsecure()
  return new Client(`127.0.0.1:${String(proxies[listener]?.port)}`, channel, options)
}

function closing(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

function path(method: string): string {
  return `/test.Echo/${method}`
}

function as(person: string, more: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata()
  metadata.set('cookie', aliceCookie.replace('alice', person))
  for (const [name, value] of Object.entries(more)) metadata.set(name, value)
  return metadata
}

interface Answered {
  readonly message: Buffer
  readonly first: Metadata
  readonly last: Metadata
}

function unary(client: Client, method: string, message: Buffer, metadata: Metadata): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  let first = new Metadata()
  let reply: Buffer = Buffer.alloc(0)
  const call = client.makeUnaryRequest(path(method), same, same, message, metadata, (error, value) => {
    if (error !== null) reject(error)
    else if (value !== undefined) reply = value
  })
  call.once('metadata', (received) => (first = received))
  call.once('status', ({ code, metadata: last }) => {
    if (code === status.OK) resolve({ message: reply, first, last })
  })
  return promise
}

async function failure(answered: Promise<Answered>): Promise<ServiceError> {
  try {
    await answered
  } catch (error) {
    return error as ServiceError
  }
  return assert.fail('the call succeeded')
}
