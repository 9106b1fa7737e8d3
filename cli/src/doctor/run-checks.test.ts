import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Check } from './check.ts'
import { ClockSamples } from './clock-samples.ts'
import { ok } from './finding.ts'
import { runChecks } from './run-checks.ts'

const context = { clock: { now: () => new Date() }, clocks: new ClockSamples(), lookup: () => Promise.resolve([]) }
const check = (about: string, run: Check['run']): Check => ({ group: 'redis', about, run })

describe('checks side by side', () => {
  it('are told in their own order, whichever is first', async () => {
    const first = Promise.withResolvers<undefined>()
    const findings = await runChecks(
      [
        check('a', async () => {
          await first.promise
          return [ok('last')]
        }),
        check('b', () => {
          first.resolve(undefined)
          return Promise.resolve([ok('first'), { about: 'else', status: 'ok', says: 'second' } as const])
        }),
      ],
      { context, deadlineMs: 5_000 },
    )
    assert.deepEqual(
      findings.map(({ about, says }) => `${about}: ${says}`),
      ['a: last', 'b: first', 'else: second'],
    )
  })

  it('end with their deadline, and their signal with them', async () => {
    const signals: AbortSignal[] = []
    const endless = check('endless', ({ signal }) => {
      signals.push(signal)
      return new Promise(() => undefined)
    })
    const findings = await runChecks([endless], { context, deadlineMs: 5 })
    assert.match(findings[0]?.says ?? '', /^no answer within 0\.005 s$/)
    assert.equal(signals[0]?.aborted, true)
  })

  it('that fail themselves are findings, without what an unknown error says', async () => {
    const findings = await runChecks(
      [
        check('ours', () => Promise.reject(new PosternError('CONFIG_INVALID', 'the CA file cannot be read'))),
        check('unknown', () => Promise.reject(new TypeError('AUTH hunter2 failed'))),
      ],
      { context, deadlineMs: 5_000 },
    )
    assert.deepEqual(
      findings.map(({ status, says }) => `${status}: ${says}`),
      ['problem: CONFIG_INVALID: the CA file cannot be read', 'problem: could not be checked: TypeError unknown'],
    )
  })

  it('tell how far they are', async () => {
    const heard: string[] = []
    const checks = ['a', 'b'].map((about) => check(about, () => Promise.resolve([])))
    await runChecks(checks, {
      context,
      deadlineMs: 5_000,
      onProgress: (done, of) => heard.push(`${String(done)}/${String(of)}`),
    })
    assert.deepEqual(heard, ['1/2', '2/2'])
  })
})
