import { destination as openDestination, pino, stdTimeFunctions } from 'pino'
import { systemClock, type Clock } from '../clock.ts'
import type { LogFields, Logger } from './logger.ts'
import { formatForPeople } from './pretty.ts'
import { redactFields } from './redact.ts'

export interface LogDestination {
  /** One line, with its line feed. */
  write(line: string): void
}

export interface LoggerOptions {
  readonly service: string
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'off'
  /** `json`: one object per line with Cloud Logging's field names. `pretty`: for people at a terminal. */
  readonly format: 'json' | 'pretty'
  /** Default: standard output, asynchronously, so that a reader that stands still does not stop the service. */
  readonly destination?: LogDestination
  /** Colours in the pretty format. */
  readonly color?: boolean
  readonly clock?: Clock
}

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity */
const severities: Readonly<Record<string, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' }

/** Names the line itself uses; a field of that name would make two of it. */
const ownNames: readonly string[] = ['severity', 'time', 'message', 'service']

/**
 * The lines of one event-loop turn become one write, because a write a line costs more CPU than the rest of a check
 * (bench/request-cost.ts). A turn that logs more than this writes in pieces.
 */
const gatheredChars = 64 * 1024

/** What may wait for a slow reader; beyond that lines are dropped and counted. */
const maxBufferedBytes = 8 * 1024 * 1024

/** A logger that writes single, valid JSON lines whatever the fields contain, and nothing secret. */
export function createLogger(options: LoggerOptions): Logger {
  const { clock } = options
  const base = pino(
    {
      level: options.level === 'off' ? 'silent' : options.level,
      base: { service: options.service },
      messageKey: 'message',
      timestamp: clock === undefined || clock === systemClock ? stdTimeFunctions.isoTime : isoTimeOf(clock),
      formatters: { level: (label) => ({ severity: severities[label] ?? 'DEFAULT' }) },
    },
    lineWriter(options.destination ?? standardOutput(), options),
  )
  return wrap(base)
}

function isoTimeOf(clock: Clock): () => string {
  return () => `,"time":"${clock.now().toISOString()}"`
}

function wrap(target: pino.Logger): Logger {
  return {
    debug: (fields, message) => {
      if (target.isLevelEnabled('debug')) target.debug(prepare(fields), message)
    },
    info: (fields, message) => {
      if (target.isLevelEnabled('info')) target.info(prepare(fields), message)
    },
    warn: (fields, message) => {
      if (target.isLevelEnabled('warn')) target.warn(prepare(fields), message)
    },
    error: (fields, message) => {
      if (target.isLevelEnabled('error')) target.error(prepare(fields), message)
    },
    child: (fields) => wrap(target.child(prepare(fields))),
  }
}

function prepare(fields: LogFields): Record<string, unknown> {
  const clean = redactFields(fields)
  for (const name of ownNames) {
    if (!(name in clean)) continue
    clean[`${name}_`] = clean[name]
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- our own copy, and a rare case
    delete clean[name]
  }
  return clean
}

function lineWriter(target: LogDestination, options: LoggerOptions): LogDestination {
  if (options.format === 'json') return { write: (line) => target.write(escapeSeparators(line)) }
  return { write: (line) => target.write(formatForPeople(line, options.color ?? false)) }
}

/** Valid in JSON, but a line or an escape sequence to some that read it: DEL, C1 controls, U+2028, U+2029. */
const separators = /[\u007f-\u009f\u2028\u2029]/g

function escapeSeparators(line: string): string {
  return line.replace(separators, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function standardOutput(): LogDestination {
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
