import { systemClock, type Clock } from '../clock.ts'
import { jsonFields, jsonText } from './json-fields.ts'
import type { LogFields, Logger, LogLevel } from './logger.ts'
import { formatForPeople } from './pretty.ts'
import { standardOutput, type LogDestination } from './standard-output.ts'

export interface LoggerOptions {
  readonly service: string
  readonly level: LogLevel
  /** `json`: one object per line with Cloud Logging's field names. `pretty`: for people at a terminal. */
  readonly format: 'json' | 'pretty'
  /** Default: standard output, asynchronously, so that a reader that stands still does not stop the service. */
  readonly destination?: LogDestination
  /** Colours in the pretty format. */
  readonly color?: boolean
  readonly clock?: Clock
}

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity */
const severities = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const
const levels = ['debug', 'info', 'warn', 'error', 'off'] as const

type Level = keyof typeof severities

/** A logger that writes single, valid JSON lines whatever the fields contain, and nothing secret. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level: lowest, format, destination = standardOutput(), clock = systemClock } = options
  const pretty = { color: options.color ?? false, stacks: lowest === 'debug' }
  const timeOf = cachedTime(clock)
  const start = (level: Level): string => `{"severity":"${severities[level]}","time":"`
  const starts = { debug: start('debug'), info: start('info'), warn: start('warn'), error: start('error') }
  const bind = (bound: string, from: LogLevel): Logger => {
    const threshold = levels.indexOf(from)
    const writeAt = (level: Level): Logger[Level] => {
      if (levels.indexOf(level) < threshold) return () => undefined
      return (fields, message) => {
        const line = `${starts[level]}${timeOf()}"${bound}${jsonFields(fields)},"message":${jsonText(message)}}\n`
        destination.write(format === 'json' ? line : formatForPeople(line, pretty))
      }
    }
    return {
      debug: writeAt('debug'),
      info: writeAt('info'),
      warn: writeAt('warn'),
      error: writeAt('error'),
      child: (fields: LogFields, level: LogLevel = from) => bind(bound + jsonFields(fields), level),
    }
  }
  return bind(`,"service":${jsonText(service)}`, lowest)
}

/** Several lines fall into one millisecond, and writing a date is not cheap. */
function cachedTime(clock: Clock): () => string {
  let knownMs = NaN
  let known = ''
  return () => {
    const now = clock.now()
    const nowMs = now.getTime()
    if (nowMs !== knownMs) {
      knownMs = nowMs
      known = now.toISOString()
    }
    return known
  }
}
