import { optional, withDefault } from './key.ts'
import { textList, wordsFor } from './types.ts'

const logLevels = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  off: 'off',
  trace: 'debug',
  warning: 'warn',
  critical: 'error',
  fatal: 'error',
  panic: 'error',
  none: 'off',
  disabled: 'off',
} as const

/** What is logged, and how much of it. */
export const logKeys = {
  log_level: withDefault(wordsFor(logLevels), 'info', {
    meaning: 'How much is logged.',
  }),
  proxy_log_level: optional(wordsFor(logLevels), {
    meaning: 'How much the proxy logs. The access records need `info`.',
    otherwise: 'log_level',
    readBy: ['proxy'],
  }),
  access_log_fields: optional(textList, {
    meaning:
      'The fields of the access record, in place of the usual ones; `headers.NAME` is a header of the request. docs/operations/logs.md has them all.',
    otherwise: 'the usual fields',
    readBy: ['proxy'],
  }),
  authorize_log_fields: optional(textList, {
    meaning:
      'What the decision record says about request and person, in place of the usual fields; `headers.NAME` is a header of the request. docs/operations/logs.md has them all.',
    otherwise: 'the usual fields',
    readBy: ['proxy', 'authorize'],
  }),
} as const
