import type { LogDestination } from '@postern/shared/log/standard-output.ts'
import { formatForPeople } from '@postern/shared/log/pretty.ts'

/** Log lines as the quick start shows them: each request on one short line, warnings and errors in full, no more. */
export function consoleLines(output: LogDestination, color: boolean): LogDestination {
  return {
    write: (line) => {
      const record = JSON.parse(line) as Record<string, unknown>
      if (record['message'] === 'http-request') output.write(requestLine(record))
      else if (record['severity'] === 'WARNING' || record['severity'] === 'ERROR')
        output.write(formatForPeople(line, { color, stacks: false }))
    },
  }
}

function requestLine(record: Record<string, unknown>): string {
  const show = (name: string): string => printable(typeof record[name] === 'string' ? record[name] : '')
  const status = String(record['response-code']).padEnd(5)
  const address = show('authority') + show('path')
  const decision = show('decision')
  return `  ${show('time').slice(11, 19)}  ${status}${show('method').padEnd(6)}${address}${decision === '' ? '' : `  (${decision})`}\n`
}

/** A terminal obeys control characters; an address must not give it orders. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�')
}
