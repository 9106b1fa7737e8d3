import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { allowAll, allowFor, openChecker, pathOf, questionFor, startScriptedAuthorize, untilReady } from './support.ts'

const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

/** Asks one question after the other from several sides at once until told to stop; answers how many, and what failed. */
function keepAsking(checker: Awaited<ReturnType<typeof openChecker>>): {
  stop(): Promise<{ asked: number; failed: unknown[] }>
} {
  let running = true
  let asked = 0
  const failed: unknown[] = []
  const sides = Array.from({ length: 20 }, async (_, side) => {
    while (running) {
      const path = `/${side}/${asked++}`
      try {
        assert.equal(pathOf(await checker.check(questionFor(path))), path)
      } catch (error) {
        failed.push(error)
      }
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })
  return {
    stop: async () => {
      running = false
      await Promise.all(sides)
      return { asked, failed }
    },
  }
}

interface AuthorizeProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly target: string
  /** Resolves when the next question has come to it. */
  asked(): Promise<unknown>
}

async function startProcess(mode: 'answer' | 'hang'): Promise<AuthorizeProcess> {
  const script = fileURLToPath(new URL('authorize-process.ts', import.meta.url))
  const child = spawn(execPath, [script, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const [target] = (await once(lines, 'line')) as [string]
  return {
    child,
    target,
    asked: () => once(lines, 'line'),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('several instances of authorize', () => {
  it('share the work', async () => {
    await using first = await startScriptedAuthorize(allowAll)
    await using second = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([first.target, second.target])
    await untilReady(checker, first, second)
    for (let index = 0; index < 100; index++) await checker.check(questionFor('/'))
    assert.ok(first.asked.length > 40 && second.asked.length > 40, `${first.asked.length} and ${second.asked.length}`)
  })

  it('are found behind one name, and followed when it changes', async () => {
    await using first = await startScriptedAuthorize(allowAll)
    const { address } = first.server
    assert.ok(address.kind === 'tcp')
    await using second = await startScriptedAuthorize(allowAll, { listen: { ...address, host: '127.0.0.2' } })
    let addresses = ['127.0.0.1']
    const lookup = (host: string): Promise<string[]> => Promise.resolve(host === 'localhost' ? addresses : [])
    await using checker = await openChecker([`dns:///localhost:${address.port}`], {}, { lookup })
    await untilReady(checker, first)
    assert.equal(second.asked.length, 0)
    addresses = ['127.0.0.2']
    // An instance that drains makes the proxy look again at once.
    first.streams.drain()
    await untilReady(checker, second)
    const askedOfFirst = first.asked.length
    for (let index = 0; index < 10; index++) await checker.check(questionFor('/'))
    assert.equal(first.asked.length, askedOfFirst)
  })

  it('one that does not know the route yet is passed over for one that does', async () => {
    await using old = await startScriptedAuthorize(() => Promise.reject(new PosternError('PDP_ROUTE_UNKNOWN', 'x')))
    await using fresh = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([old.target, fresh.target])
    await untilReady(checker, old, fresh)
    for (let index = 0; index < 10; index++) assert.equal(pathOf(await checker.check(questionFor('/x'))), '/x')
  })

  it('and when none knows it, that is the answer', async () => {
    const ignorant = (): Promise<never> => Promise.reject(new PosternError('PDP_ROUTE_UNKNOWN', 'x'))
    await using first = await startScriptedAuthorize(ignorant)
    await using second = await startScriptedAuthorize(ignorant)
    await using checker = await openChecker([first.target, second.target])
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_ROUTE_UNKNOWN'))
  })
})

describe('an instance that goes away', () => {
  it('killed with checks in flight: another answers them', async () => {
    await using doomed = await startProcess('hang')
    await using other = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([doomed.target, other.target])
    await untilReady(checker, other)
    const arrived = new AbortController()
    const asked = doomed.asked().then(() => arrived.abort())
    const checks: ReturnType<typeof checker.check>[] = []
    // Both take turns as soon as their streams are open.
    while (!arrived.signal.aborted) {
      checks.push(checker.check(questionFor(`/${checks.length}`)))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await asked
    doomed.child.kill('SIGKILL')
    const answers = await Promise.all(checks)
    assert.deepEqual(
      answers.map(pathOf),
      answers.map((_, index) => `/${index}`),
    )
  })

  it('killed, and there is no other: 503 within the deadline', async () => {
    await using doomed = await startProcess('hang')
    await using checker = await openChecker([doomed.target], { checkTimeoutMs: 800 })
    const startedAt = performance.now()
    const asked = doomed.asked()
    const check = assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    await asked
    doomed.child.kill('SIGKILL')
    await check
    assert.ok(performance.now() - startedAt < 2_000)
  })

  it('stopped like a dead host: one deadline is lost, then the other instance has all the work', async () => {
    await using stopped = await startProcess('answer')
    await using other = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([stopped.target, other.target], { checkTimeoutMs: 300 })
    await untilReady(checker, other)
    while (other.asked.length < 4) await checker.check(questionFor('/'))
    stopped.child.kill('SIGSTOP')
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => checker.check(questionFor('/'))))
    assert.ok(outcomes.every((outcome) => outcome.status === 'fulfilled' || failsWith('PDP_DEADLINE')(outcome.reason)))
    await Promise.allSettled([checker.check(questionFor('/')), new Promise((resolve) => setTimeout(resolve, 350))])
    for (let index = 0; index < 20; index++) assert.deepEqual(await checker.check(questionFor('/')), allowFor('/'))
    stopped.child.kill('SIGCONT')
  })

  it('and comes back at the same address is used again', async () => {
    const first = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([first.target])
    await untilReady(checker, first)
    await first[Symbol.asyncDispose]()
    await using _again = await startScriptedAuthorize(allowAll, { listen: first.server.address })
    assert.equal(pathOf(await checker.check(questionFor('/back'))), '/back')
  })
})

describe('nobody notices', () => {
  it('a rolling restart of two instances under load', async () => {
    let first = await startScriptedAuthorize(allowAll)
    let second = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([first.target, second.target])
    await untilReady(checker, first, second)
    const load = keepAsking(checker)
    for (let round = 0; round < 2; round++) {
      await first[Symbol.asyncDispose]()
      first = await startScriptedAuthorize(allowAll, { listen: first.server.address })
      await first.askedAtLeast(5)
      await second[Symbol.asyncDispose]()
      second = await startScriptedAuthorize(allowAll, { listen: second.server.address })
      await second.askedAtLeast(5)
    }
    const { asked, failed } = await load.stop()
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    assert.deepEqual(failed, [])
    assert.ok(asked > 200, String(asked))
  })

  it('streams that are replaced because of their age', async () => {
    await using authorize = await startScriptedAuthorize(allowAll)
    await using checker = await openChecker([authorize.target], {}, { streamMaxAgeMs: 50 })
    await untilReady(checker, authorize)
    const load = keepAsking(checker)
    await new Promise((resolve) => setTimeout(resolve, 600))
    const { failed } = await load.stop()
    assert.deepEqual(failed, [])
  })

  it('a drain with a check still open: it is answered, and the drain ends by itself', async () => {
    const release = Promise.withResolvers<undefined>()
    const authorize = await startScriptedAuthorize(async ({ facts }) => {
      await release.promise
      return allowFor(facts.path)
    })
    await using checker = await openChecker([authorize.target])
    const check = checker.check(questionFor('/open'))
    await authorize.askedAtLeast(1)
    const startedAt = performance.now()
    const drained = authorize[Symbol.asyncDispose]()
    release.resolve(undefined)
    assert.equal(pathOf(await check), '/open')
    await drained
    assert.ok(performance.now() - startedAt < 1_500)
  })
})
