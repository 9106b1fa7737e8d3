import { RawClient } from '../../../support/raw-client.ts'
import { wants } from '../look.ts'
import type { RunningStack } from '../running-stack.ts'
import type { GlobalTheme } from '../run-globals.ts'

/** What comes back within seven seconds when only half of a request is sent. Connections are looked at every five. */
async function answerToHalf(stack: RunningStack): Promise<string> {
  const { http } = stack.addresses
  using client = new RawClient(http?.kind === 'tcp' ? http.port : 0)
  client.send('GET / HTTP/1.1\r\nHost: app.test\r\n')
  await client.until(() => client.ended, 7000).catch(() => undefined)
  return client.text.slice(0, 'HTTP/1.1 408'.length)
}

const slow = (stack: RunningStack) =>
  stack.ask('app.test', { headers: wants({ afterMs: 1500 }) }).then(({ status }) => status)

export const requestTimes: GlobalTheme = {
  title: 'how long requests may take',
  isSlow: true,
  rows: [
    { key: 'default_upstream_timeout', file: '300ms', env: '0.3s', observe: slow, given: 504, leftOut: 200 },
    {
      key: 'timeout_write',
      file: '500ms',
      observe: async (stack) =>
        (await stack.ask('app.test', { headers: wants({ dripMs: 100 }) })).body.trim().replace(/^\{.*/, 'all of it'),
      given: '(broken off)',
      leftOut: 'all of it',
      alone: true,
    },
    {
      key: 'timeout_read',
      file: '1s',
      title: 'a request of which a part does not come',
      observe: answerToHalf,
      given: 'HTTP/1.1 408',
      leftOut: '',
    },
  ],
}
