import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Check, CheckContext } from './check.ts'
import { problem, type Finding, type Told } from './finding.ts'
import { codeOf, unlessAborted } from './probe/connect.ts'

export interface RunOptions {
  readonly context: Omit<CheckContext, 'signal'>
  /** Time for one check. */
  readonly deadlineMs: number
  /** Called as checks end. */
  readonly onProgress?: (done: number, of: number) => void
}

/** Enough to be quick, and few enough that nobody takes it for an attack. */
const atOnce = 16

/** Runs all checks side by side, each within its deadline. One that fails itself is a finding like others. In their order. */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<readonly Finding[]> {
  const results: (readonly Finding[])[] = []
  const waiting = checks.map((check, index) => ({ check, index }))
  let done = 0
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { check, index } = next
      results[index] = await runOne(check, options)
      done += 1
      options.onProgress?.(done, checks.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, checks.length) }, work))
  return results.flat()
}

async function runOne(check: Check, { context, deadlineMs }: RunOptions): Promise<readonly Finding[]> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), deadlineMs)
  try {
    const told = await unlessAborted(check.run({ ...context, signal: deadline.signal }), deadline.signal)
    return told.map((one) => ({ group: check.group, about: check.about, ...one }))
  } catch (error) {
    return [{ group: check.group, about: check.about, ...failure(error, deadlineMs) }]
  } finally {
    clearTimeout(timer)
    deadline.abort()
  }
}

/** Of an error that is not ours, only the code: its message may quote what was sent. */
function failure(error: unknown, deadlineMs: number): Told {
  if (error instanceof PosternError) return problem(error.message, 'See docs/errors.md for this code.')
  if (codeOf(error) === 'timeout')
    return problem(
      `no answer within ${String(deadlineMs / 1_000)} s`,
      'Check that this machine reaches it; --timeout gives it longer.',
    )
  const name = error instanceof Error ? error.name : 'unknown'
  return problem(`could not be checked: ${name} ${codeOf(error)}`, 'Run it again; if it stays, report it as a bug.')
}
