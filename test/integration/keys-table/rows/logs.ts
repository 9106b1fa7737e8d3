import { eventually } from '../../../support/eventually.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'

let asked = 0

/** The records of one request: of the proxy, and of authorize. */
async function recordsOf(stack: RunningStack): Promise<Readonly<Record<string, unknown>>[]> {
  asked += 1
  const from = stack.records.length
  await stack.ask('app.test', { path: `/logged-${String(asked)}?q=1&code=secret`, headers: { 'x-team': 'red' } })
  const isComplete = (): boolean => stack.records.slice(from).some(({ message }) => message === 'http-request')
  await eventually('the access record', 300, isComplete).catch(() => undefined)
  return stack.records.slice(from).filter(({ message }) => message === 'http-request' || message === 'authorize check')
}

const messages = async (stack: RunningStack): Promise<unknown> =>
  (await recordsOf(stack)).map(({ message }) => message).toSorted()

const fieldsOf = (wanted: string) => async (stack: RunningStack) => {
  const record = (await recordsOf(stack)).find(({ message }) => message === wanted) ?? {}
  const ours = ['path', 'query', 'headers.X-Team', 'headers.x-team', 'method', 'ip', 'decision', 'outcome']
  return Object.fromEntries(
    ours.filter((name) => name in record).map((name) => [name, String(record[name]).replace(/logged-\d+/, 'logged')]),
  )
}

const both = ['authorize check', 'http-request']

export const logs: GlobalTheme = {
  title: 'logs',
  rows: [
    { key: 'log_level', file: 'error', env: 'CRITICAL', observe: messages, given: [], leftOut: both, alone: true },
    { key: 'log_level', file: 'trace', observe: messages, given: both, leftOut: both, alone: true },
    {
      key: 'proxy_log_level',
      file: 'warn',
      env: 'Warning',
      observe: messages,
      given: ['authorize check'],
      leftOut: both,
      alone: true,
    },
    {
      key: 'access_log_fields',
      file: '[path, query, headers.X-Team]',
      env: 'path,query,headers.X-Team',
      observe: fieldsOf('http-request'),
      given: { path: '/logged', query: 'q=1&code=[redacted]', 'headers.X-Team': 'red' },
      leftOut: { path: '/logged', method: 'GET', ip: '127.0.0.1', decision: 'allow' },
    },
    {
      key: 'authorize_log_fields',
      file: '[method, headers.X-Team]',
      env: 'method, headers.X-Team',
      observe: fieldsOf('authorize check'),
      given: { method: 'GET', 'headers.X-Team': 'red', outcome: 'allow' },
      leftOut: { path: '/logged', method: 'GET', ip: '127.0.0.1', outcome: 'allow' },
    },
  ],
}
