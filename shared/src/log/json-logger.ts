import { pino, stdTimeFunctions } from 'pino'
import { systemClock, type Clock } from '../clock.ts'
import type { LogFields, Logger } from './logger.ts'
import { formatForPeople } from './pretty.ts'
import { redactFields } from './redact.ts'
import { standardOutput, type LogDestination } from './standard-output.ts'

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
  const pretty = { color: options.color ?? false, stacks: options.level === 'debug' }
  return { write: (line) => target.write(formatForPeople(line, pretty)) }
}

/** Valid in JSON, but a line or an escape sequence to some that read it: DEL, C1 controls, U+2028, U+2029. */
const separators = /[\u007f-\u009f\u2028\u2029]/g

function escapeSeparators(line: string): string {
  return line.replace(separators, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
