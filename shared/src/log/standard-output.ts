import { destination as openDestination } from 'pino'
import { systemClock } from '../clock.ts'

export interface LogDestination {
  /** One line, with its line feed. */
  write(line: string): void
}

/**
 * Lines that follow each other this closely become one write: a write costs more CPU than the rest of a check
 * (bench/request-cost.ts). After a pause, a line goes out in its own event-loop turn.
 */
const gatherMs = 20
/** Who logs more than this in that time writes in pieces. */
const gatheredChars = 64 * 1024

/** What may wait for a slow reader; beyond that lines are dropped and counted. */
const maxBufferedBytes = 8 * 1024 * 1024

/** Standard output, asynchronously: a reader that stands still does not stop the service. */
export function standardOutput(): LogDestination {
  let pending = ''
  let isScheduled = false
  let writtenAtMs = -Infinity
  const writePending = (): void => {
    isScheduled = false
    if (pending === '') return
    writtenAtMs = performance.now()
    const lines = pending
    pending = ''
    writeTo(output, lines)
  }
  // Registered before the destination's own hook, which then writes out at exit what this one hands over.
  process.once('exit', writePending)
  const output = openDestination({ dest: 1, sync: false, maxLength: maxBufferedBytes, contentMode: 'buffer' })
  reportDrops(output)
  return {
    write: (line) => {
      pending += line
      if (pending.length > gatheredChars) writePending()
      else if (!isScheduled) {
        isScheduled = true
        if (performance.now() - writtenAtMs >= gatherMs) setImmediate(writePending)
        else setTimeout(writePending, gatherMs)
      }
    },
  }
}

type Output = ReturnType<typeof openDestination>

/** Encoded once; of a string it would measure the length again and again. Its types do not know that it takes buffers. */
function writeTo(output: Output, lines: string): void {
  output.write(Buffer.from(lines) as unknown as string)
}

function reportDrops(output: Output): void {
  let dropped = 0
  output.on('drop', (lines: Buffer) => {
    dropped += lines.toString().split('\n').length - 1
  })
  output.on('drain', () => {
    if (dropped === 0) return
    const lost = dropped
    dropped = 0
    const time = systemClock.now().toISOString()
    writeTo(output, `${JSON.stringify({ severity: 'WARNING', time, lost, message: 'log lines were dropped' })}\n`)
  })
}
