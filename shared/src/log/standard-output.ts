import { destination as openDestination } from 'pino'
import { systemClock } from '../clock.ts'

export interface LogDestination {
  /** One line, with its line feed. */
  write(line: string): void
}

/**
 * The lines of one event-loop turn become one write, because a write a line costs more CPU than the rest of a check
 * (bench/request-cost.ts). A turn that logs more than this writes in pieces.
 */
const gatheredChars = 64 * 1024

/** What may wait for a slow reader; beyond that lines are dropped and counted. */
const maxBufferedBytes = 8 * 1024 * 1024

/** Standard output, asynchronously: a reader that stands still does not stop the service. */
export function standardOutput(): LogDestination {
  let pending = ''
  const writePending = (): void => {
    if (pending === '') return
    const lines = pending
    pending = ''
    output.write(lines)
  }
  // Registered before the destination's own hook, which then writes out at exit what this one hands over.
  process.once('exit', writePending)
  const output = openDestination({ dest: 1, sync: false, maxLength: maxBufferedBytes })
  reportDrops(output)
  return {
    write: (line) => {
      if (pending === '') setImmediate(writePending)
      pending += line
      if (pending.length > gatheredChars) writePending()
    },
  }
}

function reportDrops(output: ReturnType<typeof openDestination>): void {
  let dropped = 0
  output.on('drop', (lines: string) => {
    dropped += lines.split('\n').length - 1
  })
  output.on('drain', () => {
    if (dropped === 0) return
    const lost = dropped
    dropped = 0
    const time = systemClock.now().toISOString()
    output.write(`${JSON.stringify({ severity: 'WARNING', time, lost, message: 'log lines were dropped' })}\n`)
  })
}
