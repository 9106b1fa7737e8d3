import type { LogFields, Logger } from '@postern/shared/log/logger.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

/** A logger that keeps what was said. */
export function recordingLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, fields, message })
    }
  const log = { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { ...log, child: () => recordingLog() }
}
