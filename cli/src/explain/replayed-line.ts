import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import type { MadeUpRequest } from './made-up-request.ts'

/** One line of the decision log, as far as it says who asked for what. */
export interface ReplayedLine {
  readonly request: MadeUpRequest
  readonly user: string | undefined
  readonly email: string | undefined
  readonly at: Date | undefined
  /** What came of it then: allow, deny, sign-in or bearer-refused. */
  readonly outcome: string | undefined
}

/**
 * Reads one line that authorize logged (`"message":"authorize check"`). The log holds no query, headers or claims.
 * @throws UsageError when it is not such a line
 */
export function readDecisionLine(line: string): ReplayedLine {
  const record = parse(line)
  const text = (name: string): string | undefined => {
    const value = record[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const { method, host, path } = { method: text('method'), host: text('host'), path: text('path') }
  if (method === undefined || host === undefined || path === undefined) {
    throw new UsageError('--replay: the line has no method, host and path; take one with "authorize check" in it')
  }
  const at = new Date(text('time') ?? Number.NaN)
  return {
    request: { url: `https://${host}${path}`, method, address: text('ip'), headers: [] },
    user: text('user'),
    email: text('email'),
    at: Number.isNaN(at.getTime()) ? undefined : at,
    outcome: text('outcome'),
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const record: unknown = JSON.parse(line)
    if (typeof record === 'object' && record !== null) return record as Readonly<Record<string, unknown>>
  } catch {
    // Falls through to the one sentence for everything that is not a JSON object.
  }
  throw new UsageError('--replay: expected one line of the decision log, a JSON object')
}
