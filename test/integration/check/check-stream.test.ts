import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionChange } from '../../../services/proxy/src/check/access-checker.ts'
import { allowAll, allowFor, openChecker, pathOf, questionFor, startScriptedAuthorize, untilReady } from './support.ts'

const never = (): Promise<never> => new Promise(() => {})
const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

describe('checks over one stream', () => {
  it('get each its own answer, whatever the order of the answers', async () => {
    const waiting = new Map<string, () => void>()
    await using authorize = await startScriptedAuthorize(async ({ facts }) => {
      await new Promise<void>((resolve) => waiting.set(facts.path, resolve))
      return allowFor(facts.path)
    })
    await using checker = await openChecker([authorize.target])
    const order: string[] = []
    const checks = ['/a', '/b', '/c'].map(async (path) => {
      const answer = await checker.check(questionFor(path))
      order.push(path)
      return pathOf(answer)
    })
    await authorize.askedAtLeast(3)
    waiting.get('/c')?.()
    await checks[2]
    waiting.get('/a')?.()
    await checks[0]
    waiting.get('/b')?.()
    assert.deepEqual(await Promise.all(checks), ['/a', '/b', '/c'])
    assert.deepEqual(order, ['/c', '/a', '/b'])
  })

  it('a slow one does not hold the others', async () => {
    await using authorize = await startScriptedAuthorize(({ facts }) =>
      facts.path === '/slow' ? never() : Promise.resolve(allowFor(facts.path)),
    )
    await using checker = await openChecker([authorize.target], { checkTimeoutMs: 300 })
    const slow = assert.rejects(checker.check(questionFor('/slow')), failsWith('PDP_DEADLINE'))
    for (let i = 0; i < 20; i++) assert.equal(pathOf(await checker.check(questionFor('/quick'))), '/quick')
    await slow
  })

  it('ten thousand at once belong each to its own question', async () => {
    await using authorize = await startScriptedAuthorize(async ({ facts }) => {
      if (facts.path.endsWith('7')) await new Promise(setImmediate)
      return allowFor(facts.path)
    })
    await using checker = await openChecker([authorize.target], { checkTimeoutMs: 20_000 })
    const paths = Array.from({ length: 10_000 }, (_, index) => `/p${index}`)
    const answers = await Promise.all(paths.map((path) => checker.check(questionFor(path))))
    assert.deepEqual(answers.map(pathOf), paths)
  })

  it('one turn of the event loop is one message', async () => {
    const turns: number[] = []
    let inTurn = 0
    await using authorize = await startScriptedAuthorize(({ facts }) => {
      if (inTurn++ === 0) {
        // Questions of one message are all asked before anything else happens.
        setImmediate(() => {
          turns.push(inTurn)
          inTurn = 0
        })
      }
      return Promise.resolve(allowFor(facts.path))
    })
    await using checker = await openChecker([authorize.target])
    await untilReady(checker)
    turns.length = 0
    await Promise.all(Array.from({ length: 100 }, (_, index) => checker.check(questionFor(`/${index}`))))
    assert.deepEqual(turns, [100])
  })

  it('are not understood: then they are refused', async () => {
    await using authorize = await startScriptedAuthorize(() =>
      Promise.resolve({ ...allowFor('/'), setHeaders: [['bad name', 'x']] }),
    )
    await using checker = await openChecker([authorize.target])
    const answer = await checker.check(questionFor('/'))
    assert.deepEqual(answer, {
      kind: 'deny',
      status: 403,
      reasons: ['unrecognised-decision'],
      explanation: undefined,
      email: undefined,
    })
  })

  it('fail with the code that authorize named, when nobody else can be asked', async () => {
    await using authorize = await startScriptedAuthorize(() =>
      Promise.reject(new PosternError('SESSION_STORE_UNAVAILABLE', 'x')),
    )
    await using checker = await openChecker([authorize.target])
    await assert.rejects(checker.check(questionFor('/')), failsWith('SESSION_STORE_UNAVAILABLE'))
    assert.equal(authorize.asked.length, 1)
  })
})

describe('no answer is no pass', () => {
  it('a stream that hangs ends in the deadline, and is left for a new one', async () => {
    let hanging = true
    await using authorize = await startScriptedAuthorize(({ facts }) =>
      hanging ? never() : Promise.resolve(allowFor(facts.path)),
    )
    await using checker = await openChecker([authorize.target], { checkTimeoutMs: 200 })
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_DEADLINE'))
    hanging = false
    await assert.doesNotReject(async () => {
      for (let attempt = 0; ; attempt++) {
        try {
          return await checker.check(questionFor('/'))
        } catch (error) {
          if (attempt === 20) throw error
        }
      }
    })
  })

  it('nobody listens: unavailable, within the deadline', async () => {
    const gone = await startScriptedAuthorize(allowAll)
    await gone[Symbol.asyncDispose]()
    await using checker = await openChecker([gone.target], { checkTimeoutMs: 200 })
    const startedAt = performance.now()
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    assert.ok(performance.now() - startedAt < 1_000)
    assert.equal(checker.isReady(), false)
  })

  for (const checkMode of ['stream', 'unary'] as const) {
    it(`nobody listens, and there would be much time: unavailable within two seconds (${checkMode})`, async () => {
      const gone = await startScriptedAuthorize(allowAll)
      await gone[Symbol.asyncDispose]()
      const grpc = { security: { kind: 'insecure' }, clientTimeoutMs: 20_000 } as const
      await using checker = await openChecker([gone.target], { checkMode, checkTimeoutMs: 20_000, grpc })
      const startedAt = performance.now()
      await Promise.all([
        assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE')),
        assert.rejects(checker.keySet(), failsWith('PDP_UNAVAILABLE')),
        assert.rejects(checker.describeSession('hello.example.com', undefined), failsWith('PDP_UNAVAILABLE')),
        assert.rejects(checker.createSignOutUrl('hello.example.com', undefined, ''), failsWith('PDP_UNAVAILABLE')),
      ])
      assert.ok(performance.now() - startedAt < 2_500)
    })
  }

  it('one of two listens: every call goes there, at once', async () => {
    const gone = await startScriptedAuthorize(allowAll)
    await gone[Symbol.asyncDispose]()
    await using there = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([gone.target, there.target])
    const startedAt = performance.now()
    for (let call = 0; call < 6; call += 1) assert.equal(await checker.keySet(), '{"keys":[]}')
    assert.ok(performance.now() - startedAt < 800)
  })

  it('too many wait already: unavailable at once', async () => {
    await using authorize = await startScriptedAuthorize(never)
    await using checker = await openChecker([authorize.target], { checkTimeoutMs: 300 }, { maxInFlight: 2 })
    const waiting = [checker.check(questionFor('/1')), checker.check(questionFor('/2'))]
    await assert.rejects(checker.check(questionFor('/3')), failsWith('PDP_UNAVAILABLE'))
    for (const check of waiting) await assert.rejects(check, failsWith('PDP_DEADLINE'))
  })

  it('the checker is closed: whatever waits fails', async () => {
    await using authorize = await startScriptedAuthorize(never)
    const checker = await openChecker([authorize.target])
    const waiting = assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    await authorize.askedAtLeast(1)
    await checker[Symbol.asyncDispose]()
    await waiting
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
  })
})

describe('what the proxy hears of sessions', () => {
  const nextChange = (checker: Awaited<ReturnType<typeof openChecker>>): Promise<SessionChange> =>
    new Promise((resolve) => {
      const subscription = checker.onSessionsChanged((change) => {
        subscription[Symbol.dispose]()
        resolve(change)
      })
    })

  it('which ones changed, that all may have, that the policy did', async () => {
    await using authorize = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([authorize.target])
    await untilReady(checker)
    let heard = nextChange(checker)
    authorize.streams.sessionsChanged(['h1', 'h2'])
    assert.deepEqual(await heard, { kind: 'sessions', handles: ['h1', 'h2'] })
    heard = nextChange(checker)
    authorize.streams.allSessionsChanged()
    assert.deepEqual(await heard, { kind: 'all' })
    heard = nextChange(checker)
    authorize.streams.revisionChanged('r2')
    assert.deepEqual(await heard, { kind: 'all' })
  })

  it('that anything may have changed while no stream was open', async () => {
    const first = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([first.target])
    await untilReady(checker)
    const heard = nextChange(checker)
    await first[Symbol.asyncDispose]()
    await using _second = await startScriptedAuthorize(allowAll, { listen: first.server.address })
    assert.deepEqual(await heard, { kind: 'all' })
  })
})

describe('checks one by one (authorize_check_mode: unary)', () => {
  it('get the same answers', async () => {
    await using authorize = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([authorize.target], { checkMode: 'unary' })
    assert.deepEqual(await checker.check(questionFor('/a')), allowFor('/a'))
  })

  it('fail the same ways', async () => {
    await using authorize = await startScriptedAuthorize(({ facts }) =>
      facts.path === '/hang' ? never() : Promise.reject(new PosternError('SESSION_STORE_UNAVAILABLE', 'x')),
    )
    await using checker = await openChecker([authorize.target], { checkMode: 'unary', checkTimeoutMs: 300 })
    await assert.rejects(checker.check(questionFor('/')), failsWith('SESSION_STORE_UNAVAILABLE'))
    assert.equal(authorize.asked.length, 2)
    await assert.rejects(checker.check(questionFor('/hang')), failsWith('PDP_DEADLINE'))
  })

  it('are asked of another instance when the first cannot decide', async () => {
    await using ignorant = await startScriptedAuthorize(() =>
      Promise.reject(new PosternError('PDP_ROUTE_UNKNOWN', 'x')),
    )
    await using knowing = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([ignorant.target, knowing.target], { checkMode: 'unary' })
    assert.deepEqual(await checker.check(questionFor('/a')), allowFor('/a'))
  })
})
