import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { counted } from '../../../test/support/counted.ts'
import { AuthorizeMetrics } from './metrics.ts'

const handle = 'h' as SessionHandle

describe('what authorize counts', () => {
  it('is decisions by outcome, and why there was none', () => {
    const metrics = new Metrics()
    const own = new AuthorizeMetrics(metrics)
    own.decided('allow')
    own.decided('sign-in')
    own.notDecided(new PosternError('SESSION_STORE_UNAVAILABLE', 'away'))
    own.notDecided(new TypeError('a bug'))
    const outcomes = ['allow', 'deny', 'sign-in', 'bearer-refused', 'error'].map((outcome) =>
      counted(metrics, 'postern_authorize_decisions_total', { outcome }),
    )
    assert.deepEqual(outcomes, [1, 0, 1, 0, 2])
    const failures = ['SESSION_STORE_UNAVAILABLE', 'INTERNAL'].map((code) =>
      counted(metrics, 'postern_authorize_check_failures_total', { code }),
    )
    assert.deepEqual(failures, [1, 1])
  })

  it('is refreshes by what came of them, which it does not change', async () => {
    const metrics = new Metrics()
    const own = new AuthorizeMetrics(metrics)
    assert.equal(await own.refreshing(() => Promise.resolve('ended'))(handle), 'ended')
    const away = new PosternError('AUTHENTICATE_UNAVAILABLE', 'away')
    await assert.rejects(own.refreshing(() => Promise.reject(away))(handle), away)
    const results = ['ended', 'AUTHENTICATE_UNAVAILABLE'].map((result) =>
      counted(metrics, 'postern_authorize_refresh_calls_total', { result }),
    )
    assert.deepEqual(results, [1, 1])
  })
})
