/** What services write to. Fields are data; the message is a fixed sentence without values. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** With these fields in every line. `level`: another lowest level than this logger's. */
  child(fields: LogFields, level?: LogLevel): Logger
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off'

/** `error` takes an exception (its stack is written); everything else must be plain data. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>
