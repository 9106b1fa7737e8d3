import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ListenAddress } from '../config/listen-address.ts'
import type { GrpcSecurity, ServiceName } from '../config/model.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Logger } from '../log/logger.ts'
import { Secret } from '../secret.ts'
import { callUnary } from './call.ts'
import { openChannel } from './channel.ts'
import { authenticateService } from './contracts.ts'
import { serveGrpc, type GrpcServer, type GrpcServerOptions } from './server.ts'
import { grpcService } from './service.ts'
import { targetOf } from './target.ts'
import { unary, type CallContext } from './unary.ts'

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const codes = { unavailable: 'AUTHENTICATE_UNAVAILABLE', deadline: 'AUTHENTICATE_UNAVAILABLE' } as const
const loopback: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 }
const insecure: GrpcSecurity = { kind: 'insecure' }

type Redeem = (ticket: string, context: CallContext) => Promise<{ credential: string }>

function authenticateWith(redeem: Redeem): ReturnType<typeof grpcService> {
  return grpcService(authenticateService, {
    RedeemTicket: unary(({ ticket }, context) => redeem(ticket, context)),
    RefreshSession: unary(() => Promise.resolve({})),
    ReportUse: unary(() => Promise.resolve({})),
    VerifyAccessToken: unary(() => Promise.resolve({})),
  })
}

function serve(redeem: Redeem, options: Partial<GrpcServerOptions> = {}): Promise<GrpcServer> {
  return serveGrpc({
    listen: loopback,
    security: insecure,
    self: 'authenticate',
    allowedCallers: ['proxy', 'authorize'],
    services: [authenticateWith(redeem)],
    log: quiet,
    ...options,
  })
}

async function redeem(
  server: Pick<GrpcServer, 'address'>,
  ticket: string,
  options: { security?: GrpcSecurity; self?: ServiceName; service?: ServiceName; timeoutMs?: number } = {},
): Promise<string> {
  const { security = insecure, self = 'proxy', service = 'authenticate', timeoutMs = 2_000 } = options
  using channel = await openChannel(targetOf(server.address), { security, self, service })
  const { RedeemTicket } = authenticateService
  const response = await callUnary(channel, RedeemTicket, { ticket }, { ...codes, timeoutMs })
  return response.credential
}

const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

describe('a call between services', () => {
  it('is answered over TCP, with the caller and its deadline known', async () => {
    let seen: CallContext | undefined
    await using server = await serve((ticket, context) => {
      seen = context
      return Promise.resolve({ credential: `for ${ticket}` })
    })
    assert.equal(await redeem(server, 't1'), 'for t1')
    assert.equal(seen?.caller, 'local')
    assert.ok(seen.deadlineMs > 1_000 && seen.deadlineMs <= 2_000, String(seen.deadlineMs))
  })

  it('is answered over a unix socket that only its owner can open, even where a killed process left one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-'))
    await using _cleanup = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
    const listen: ListenAddress = { kind: 'unix', path: join(directory, 's') }
    const stale = createServer().listen(listen.path)
    await once(stale, 'listening')
    // Closing a server removes its file; one that was killed leaves it. A renamed file is not removed.
    const { rename } = await import('node:fs/promises')
    await rename(listen.path, `${listen.path}.old`)
    stale.close()
    await rename(`${listen.path}.old`, listen.path)
    await using server = await serve((ticket) => Promise.resolve({ credential: ticket }), { listen })
    assert.equal(await redeem(server, 't2'), 't2')
    assert.equal((await stat(listen.path)).mode & 0o777, 0o600)
  })

  it('fails with the code that the service named', async () => {
    await using server = await serve(() => Promise.reject(new PosternError('TICKET_INVALID', 'detail for the log')))
    await assert.rejects(redeem(server, 't'), (error) => {
      assert.ok(failsWith('TICKET_INVALID')(error))
      assert.doesNotMatch(String(error), /detail for the log/)
      return true
    })
  })

  it('fails as unavailable when the handler has a bug, and tells nothing about it', async () => {
    await using server = await serve(() => {
      throw new Error('password=hunter2')
    })
    await assert.rejects(redeem(server, 't'), (error) => {
      assert.ok(failsWith('AUTHENTICATE_UNAVAILABLE')(error))
      assert.doesNotMatch(String(error), /hunter2/)
      return true
    })
  })

  it('fails as unavailable when nobody listens, within its deadline', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as { port: number }
    gone.close()
    await once(gone, 'close')
    const address: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port }
    await assert.rejects(redeem({ address }, 't', { timeoutMs: 300 }), failsWith('AUTHENTICATE_UNAVAILABLE'))
  })

  it('never treats a refused caller as a refused person', async () => {
    await using server = await serve(() => Promise.reject(new PosternError('CALLER_REFUSED', 'no')))
    await assert.rejects(redeem(server, 't'), failsWith('AUTHENTICATE_UNAVAILABLE'))
  })

  it('is refused when it is larger than four megabytes', async () => {
    let called = false
    await using server = await serve(() => {
      called = true
      return Promise.resolve({ credential: '' })
    })
    await assert.rejects(redeem(server, 'x'.repeat(5_000_000)), failsWith('AUTHENTICATE_UNAVAILABLE'))
    assert.equal(called, false)
  })
})

describe('who does not speak gRPC', () => {
  it('gets no page: HTTP/1 is cut off, HTTP/2 hears of the wrong content type', async () => {
    await using server = await serve(() => Promise.reject(new Error('asked')))
    assert.ok(server.address.kind === 'tcp')
    const origin = `http://127.0.0.1:${server.address.port}`
    await assert.rejects(fetch(origin))
    const session = connectHttp2(origin)
    const [headers] = (await once(session.request({ ':path': '/' }), 'response')) as [Record<string, unknown>]
    session.close()
    assert.equal(headers[':status'], 415)
  })
})

describe('plain text without authentication', () => {
  it('is not served beyond this machine', async () => {
    const listen: ListenAddress = { kind: 'tcp', host: '0.0.0.0', port: 0 }
    await assert.rejects(
      serve(() => Promise.reject(new Error()), { listen }),
      failsWith('CONFIG_INVALID'),
    )
  })

  it('is not spoken beyond this machine', async () => {
    const config = { security: insecure, self: 'proxy', service: 'authorize' } as const
    await assert.rejects(openChannel('dns:///authorize:5443', config), failsWith('CONFIG_INVALID'))
  })

  it('goes to nothing that cannot be read as a target', async () => {
    const config = { security: insecure, self: 'proxy', service: 'authorize' } as const
    await assert.rejects(openChannel('https://authorize', config), failsWith('CONFIG_INVALID'))
  })
})

describe('with a shared secret', () => {
  const secret = (): GrpcSecurity => ({
    kind: 'shared-secret',
    sharedSecret: new Secret(randomBytes(32).toString('base64')),
    caFile: undefined,
    certificateFile: undefined,
    keyFile: undefined,
  })
  const security = secret()
  const echo: Redeem = (_, { caller }) => Promise.resolve({ credential: caller })

  it('a method that is for one service is refused to the others', async () => {
    const forAuthorize = grpcService(authenticateService, {
      RedeemTicket: unary(() => Promise.resolve({ credential: 'c' }), ['authorize']),
      RefreshSession: unary(() => Promise.resolve({})),
      ReportUse: unary(() => Promise.resolve({})),
      VerifyAccessToken: unary(() => Promise.resolve({})),
    })
    await using server = await serve(echo, { security, services: [forAuthorize] })
    assert.equal(await redeem(server, 't', { security, self: 'authorize' }), 'c')
    await assert.rejects(redeem(server, 't', { security, self: 'proxy' }), failsWith('AUTHENTICATE_UNAVAILABLE'))
  })

  it('a service is known by its token', async () => {
    await using server = await serve(echo, { security })
    assert.equal(await redeem(server, 't', { security, self: 'authorize' }), 'authorize')
  })

  const refused = {
    'nobody without a token': { security: insecure },
    'nobody with another secret': { security: secret() },
    'no service that is not allowed': { security, self: 'authenticate' },
    'nobody with a token for another service': { security, service: 'authorize' },
  } as const
  for (const [title, how] of Object.entries(refused)) {
    it(`${title} gets in`, async () => {
      let called = false
      const handler: Redeem = () => {
        called = true
        return Promise.resolve({ credential: '' })
      }
      await using server = await serve(handler, { security })
      await assert.rejects(redeem(server, 't', how), failsWith('AUTHENTICATE_UNAVAILABLE'))
      assert.equal(called, false)
    })
  }
})

describe('a server that is disposed of', () => {
  it('answers what it has begun', async () => {
    const begun = Promise.withResolvers<undefined>()
    const release = Promise.withResolvers<{ credential: string }>()
    const server = await serve(() => {
      begun.resolve(undefined)
      return release.promise
    })
    const answer = redeem(server, 't')
    await begun.promise
    const disposed = server[Symbol.asyncDispose]()
    release.resolve({ credential: 'late' })
    assert.equal(await answer, 'late')
    await disposed
  })

  it('cuts off what does not finish in time', async () => {
    const begun = Promise.withResolvers<undefined>()
    const never = (): Promise<never> => {
      begun.resolve(undefined)
      return new Promise(() => {})
    }
    const server = await serve(never, { drainMs: 50 })
    const answer = assert.rejects(redeem(server, 't', { timeoutMs: 10_000 }), failsWith('AUTHENTICATE_UNAVAILABLE'))
    await begun.promise
    const startedAt = performance.now()
    await server[Symbol.asyncDispose]()
    await answer
    assert.ok(performance.now() - startedAt < 5_000)
  })
})
