import type { TestEvent } from 'node:test/reporters'

/** What `scripts/test.ts` reads from a test process, one JSON object per line after the mark. */
export type TestMessage =
  | { readonly kind: 'failed'; readonly title: string; readonly place: string; readonly detail: string }
  | { readonly kind: 'done'; readonly passed: number; readonly failed: number; readonly skipped: number }

export const messageMark = '\u0001'

/** Reports every failure in full, and the counts at the end: no line per passing test. */
// eslint-disable-next-line no-restricted-syntax -- node:test wants a default export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const path: string[] = []
  for await (const event of events) {
    if (event.type === 'test:start') path.length = event.data.nesting
    if (event.type === 'test:start') path[event.data.nesting] = event.data.name
    if (event.type === 'test:pass' && event.data.details.type !== 'suite') {
      counts[event.data.skip === undefined && event.data.todo === undefined ? 'passed' : 'skipped'] += 1
    }
    if (event.type === 'test:fail' && isOwnFailure(event.data.details.error)) {
      counts.failed += 1
      const { file = '', line: row = 0, nesting, name, details } = event.data
      const title = [...path.slice(0, nesting), name].join(' › ')
      yield line({ kind: 'failed', title, place: `${file}:${row}`, detail: describe(details.error) })
    }
    if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message
  }
  yield line({ kind: 'done', ...counts })
}

/** A suite, or a file, also fails when something in it did; that is not one more failure. */
function isOwnFailure(error: Error): boolean {
  return !('failureType' in error && error.failureType === 'subtestsFailed')
}

function describe(error: Error): string {
  const cause = error.cause
  return cause instanceof Error ? (cause.stack ?? cause.message) : error.message
}

function line(message: TestMessage): string {
  return `${messageMark}${JSON.stringify(message)}\n`
}
