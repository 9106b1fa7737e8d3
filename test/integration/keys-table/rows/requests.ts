import type { Asked, RunningStack } from '../running-stack.ts'
import type { GlobalTheme } from '../run-globals.ts'

/** What the application saw; the status where it was not asked. */
const seen =
  (asked: Asked, ...names: readonly string[]) =>
  async (stack: RunningStack) => {
    const { echo, status } = await stack.ask('app.test', asked)
    return echo === undefined ? status : names.map((name) => echo.headers[name]?.join(' | '))
  }
const pathSeen = (path: string) => async (stack: RunningStack) => {
  const { echo, status } = await stack.ask('app.test', { path })
  return echo?.path ?? status
}
const forwarded = seen({ headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } }, 'x-forwarded-for')
const responseHeaders =
  (...names: readonly string[]) =>
  async (stack: RunningStack) => {
    const { headers } = await stack.ask('app.test')
    return names.map((name) => headers[name])
  }

/** How requests are read, what they bring along, and what answers carry. */
export const requests: GlobalTheme = {
  title: 'requests',
  rows: [
    {
      key: 'headers_with_underscores_action',
      file: 'drop_header',
      env: 'DROP_HEADER',
      observe: seen({ headers: { x_mine: '1' } }, 'x_mine'),
      given: [undefined],
      leftOut: 400,
    },
    {
      key: 'headers_with_underscores_action',
      file: 'allow',
      observe: seen({ headers: { x_mine: '1' } }, 'x_mine'),
      given: ['1'],
      leftOut: 400,
    },
    {
      key: 'headers_with_underscores_action',
      file: 'reject_request',
      observe: seen({ headers: { x_mine: '1' } }, 'x_mine'),
      given: 400,
      leftOut: 400,
    },
    {
      key: 'path_with_escaped_slashes_action',
      file: 'keep_unchanged',
      env: 'Keep_Unchanged',
      observe: pathSeen('/a%2fb'),
      given: '/a%2Fb',
      leftOut: 400,
    },
    {
      key: 'path_with_escaped_slashes_action',
      file: 'unescape_and_forward',
      observe: pathSeen('/a%2fb%5Cc'),
      given: '/a/b/c',
      leftOut: 400,
    },
    {
      key: 'path_with_escaped_slashes_action',
      file: 'unescape_and_redirect',
      observe: pathSeen('/a%2fb'),
      given: 307,
      leftOut: 400,
    },
    { key: 'merge_slashes', file: 'false', env: 'F', observe: pathSeen('/a//b'), given: '/a//b', leftOut: '/a/b' },
    { key: 'normalize_path', file: 'false', env: '0', observe: pathSeen('/a/../b'), given: '/a/../b', leftOut: '/b' },
    {
      key: 'xff_num_trusted_hops',
      file: '1',
      observe: forwarded,
      given: ['203.0.113.9, 127.0.0.1'],
      leftOut: ['127.0.0.1'],
      alone: true,
    },
    {
      key: 'skip_xff_append',
      file: 'true',
      env: '1',
      beside: { xff_num_trusted_hops: '2' },
      observe: forwarded,
      given: ['198.51.100.1, 203.0.113.9'],
      leftOut: ['198.51.100.1, 203.0.113.9, 127.0.0.1'],
    },
    {
      key: 'set_response_headers',
      file: '{X-A: b, X-Frame-Options: DENY}',
      env: '{"X-A":"b","X-Frame-Options":"DENY"}',
      observe: responseHeaders('x-a', 'x-frame-options', 'strict-transport-security'),
      given: ['b', 'DENY', undefined],
      leftOut: [undefined, 'SAMEORIGIN', 'max-age=31536000; includeSubDomains; preload'],
    },
    {
      key: 'set_response_headers',
      title: 'as pairs',
      file: '{X-A: b, X-C: "d e"}',
      env: 'X-A:b, X-C: d e',
      observe: responseHeaders('x-a', 'x-c'),
      given: ['b', 'd e'],
      leftOut: [undefined, undefined],
    },
    {
      key: 'set_response_headers',
      file: '{disable: "true"}',
      env: 'disable:true',
      observe: responseHeaders('x-frame-options', 'x-xss-protection'),
      given: [undefined, undefined],
      leftOut: ['SAMEORIGIN', '1; mode=block'],
    },
  ],
}
