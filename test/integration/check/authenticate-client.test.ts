import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import { serveGrpc } from '@postern/shared/grpc/server.ts'
import { grpcService } from '@postern/shared/grpc/service.ts'
import { targetOf } from '@postern/shared/grpc/target.ts'
import { unary } from '@postern/shared/grpc/unary.ts'
import { openTicketRedeemer } from '../../../services/proxy/src/authenticate-client.ts'
import { quiet } from './support.ts'

const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code
const presented = { ticket: 't', host: 'hello.example.com', signInBinding: 'b' }

type Redeem = (request: object) => Promise<{ credential: string; expiresAtMs: number; redirectUri: string }>

async function redeemerFor(redeem: Redeem) {
  await using opening = new AsyncDisposableStack()
  const server = opening.use(
    await serveGrpc({
      listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      security: { kind: 'insecure' },
      self: 'authenticate',
      allowedCallers: ['proxy'],
      log: quiet,
      drainMs: 100,
      services: [
        grpcService(authenticateService, {
          RedeemTicket: unary((request) => redeem(request)),
          RefreshSession: unary(() => Promise.resolve({})),
          ReportUse: unary(() => Promise.resolve({})),
          VerifyAccessToken: unary(() => Promise.resolve({})),
        }),
      ],
    }),
  )
  const grpc = { security: { kind: 'insecure' }, clientTimeoutMs: 400 } as const
  const redeemer = opening.use(await openTicketRedeemer({ authenticateTargets: [targetOf(server.address)], grpc }))
  const open = opening.move()
  return { redeemer, server, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

describe('a ticket', () => {
  it('becomes what authenticate makes of it', async () => {
    const asked: object[] = []
    const made = { credential: 'c', expiresAtMs: 1_900_000_000_000, redirectUri: 'https://hello.example.com/x' }
    await using running = await redeemerFor((request) => {
      asked.push(request)
      return Promise.resolve(made)
    })
    assert.deepEqual(await running.redeemer.redeem(presented), made)
    assert.deepEqual(await running.redeemer.redeem({ ...presented, signInBinding: undefined }), made)
    assert.deepEqual(asked, [presented, { ...presented, signInBinding: '' }])
  })

  it('that authenticate refuses is invalid', async () => {
    await using running = await redeemerFor(() => Promise.reject(new PosternError('TICKET_INVALID', 'used before')))
    await assert.rejects(running.redeemer.redeem(presented), failsWith('TICKET_INVALID'))
  })

  it('finds nobody: that is said within two seconds, however long an answer might take', async () => {
    const running = await redeemerFor(() => Promise.reject(new Error('not called')))
    await running.server[Symbol.asyncDispose]()
    const grpc = { security: { kind: 'insecure' }, clientTimeoutMs: 20_000 } as const
    const authenticateTargets = [targetOf(running.server.address)]
    await using redeemer = await openTicketRedeemer({ authenticateTargets, grpc })
    const startedAt = performance.now()
    await assert.rejects(redeemer.redeem(presented), failsWith('AUTHENTICATE_UNAVAILABLE'))
    assert.ok(performance.now() - startedAt < 2_000)
    await running[Symbol.asyncDispose]()
  })

  it('is sent once: without an answer the person starts anew', async () => {
    let asked = 0
    await using running = await redeemerFor(() => {
      asked++
      return new Promise(() => {})
    })
    await assert.rejects(running.redeemer.redeem(presented), failsWith('AUTHENTICATE_UNAVAILABLE'))
    assert.equal(asked, 1)
  })
})
