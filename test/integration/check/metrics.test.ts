import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { ProxyMetrics } from '../../../services/proxy/src/metrics.ts'
import { counted } from '../../support/counted.ts'
import { eventually } from '../../support/eventually.ts'
import { allowAll, openChecker, questionFor, startScriptedAuthorize, untilReady } from './support.ts'

const retries = (metrics: Metrics, reason: string) => counted(metrics, 'postern_proxy_check_retries_total', { reason })

describe('what the proxy counts of its checks', () => {
  it('is streams that are up, and checks sent once more because theirs broke (security case REL-C4)', async () => {
    const metrics = new Metrics()
    const first = await startScriptedAuthorize(() => new Promise(() => undefined), { drainMs: 0 })
    await using second = await startScriptedAuthorize(allowAll)
    const streams = () => counted(metrics, 'postern_proxy_authorize_streams')
    const deps = { metrics: new ProxyMetrics(metrics) }
    await using checker = await openChecker([first.target, second.target], {}, deps)
    await eventually('both streams are up', 2_000, () => Promise.resolve(streams() === 2))
    // Equals take turns: of two checks in one turn of the event loop each server gets some.
    const waiting = [1, 2, 3, 4].map(async (number) => {
      await new Promise((resolve) => setTimeout(resolve, number))
      return checker.check(questionFor(`/${String(number)}`))
    })
    await first.askedAtLeast(1)
    await first[Symbol.asyncDispose]()
    await Promise.all(waiting)
    assert.ok(retries(metrics, 'stream-broke') >= 1)
    await eventually('one stream is down', 2_000, () => Promise.resolve(streams() === 1))
  })

  for (const checkMode of ['stream', 'unary'] as const) {
    it(`is checks that the first instance could not decide (${checkMode})`, async () => {
      const metrics = new Metrics()
      await using first = await startScriptedAuthorize(() => {
        throw new PosternError('SESSION_STORE_UNAVAILABLE', 'away')
      })
      await using second = await startScriptedAuthorize(allowAll)
      const deps = { metrics: new ProxyMetrics(metrics) }
      await using checker = await openChecker([first.target, second.target], { checkMode }, deps)
      await untilReady(checker, first, second)
      assert.ok(retries(metrics, 'other-instance') >= 1)
    })
  }
})
