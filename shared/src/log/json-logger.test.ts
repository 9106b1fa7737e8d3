import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '../errors/postern-error.ts'
import { Secret } from '../secret.ts'
import { createLogger, type LoggerOptions } from './json-logger.ts'
import type { Logger } from './logger.ts'

const noon = { now: () => new Date('2026-05-04T12:00:00.000Z') }

function capture(options: Partial<LoggerOptions> = {}): { log: Logger; lines: string[] } {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return {
    lines,
    log: createLogger({ service: 'proxy', level: 'debug', format: 'json', clock: noon, destination, ...options }),
  }
}

function only(lines: readonly string[]): Record<string, any> {
  assert.equal(lines.length, 1)
  const line = lines[0]!
  assert.equal(line.indexOf('\n'), line.length - 1, 'one line, ended by one line feed')
  return JSON.parse(line)
}

describe('a log line', () => {
  it('has the names that Cloud Logging understands', () => {
    const { log, lines } = capture()
    log.warn({ requestId: 'r-1', status: 403 }, 'access denied')
    assert.deepEqual(only(lines), {
      severity: 'WARNING',
      time: '2026-05-04T12:00:00.000Z',
      service: 'proxy',
      requestId: 'r-1',
      status: 403,
      message: 'access denied',
    })
  })

  it('is not written below the level, and never when logging is off', () => {
    const quiet = capture({ level: 'warn' })
    quiet.log.info({}, 'hello')
    const off = capture({ level: 'off' })
    off.log.error({}, 'hello')
    assert.deepEqual([...quiet.lines, ...off.lines], [])
  })

  it('carries the fields of the logger it was made from', () => {
    const { log, lines } = capture()
    log.child({ route: 'hello' }).child({ requestId: 'r-1' }).info({ status: 200 }, 'request')
    const { route, requestId, status } = only(lines)
    assert.deepEqual([route, requestId, status], ['hello', 'r-1', 200])
  })

  it('may have another level in a logger made from it, lower or higher', () => {
    const { log, lines } = capture({ level: 'warn' })
    log.child({ component: 'proxy' }, 'info').info({}, 'written')
    log.child({ component: 'proxy' }, 'error').warn({}, 'not written')
    log.child({ component: 'proxy' }).info({}, 'not written')
    assert.equal(only(lines)['message'], 'written')
  })

  it('shows the handle of a session, which nobody can use', () => {
    const { log, lines } = capture()
    log.info({ 'session-id': 'handle' }, 'hello')
    assert.equal(only(lines)['session-id'], 'handle')
  })

  it('never has two fields of one name', () => {
    const { log, lines } = capture()
    log.child({ service: 'other' }).info({ time: 1, message: 2 }, 'hello')
    const line = only(lines)
    assert.equal(lines[0]!.match(/"(service|time|message)":/g)?.length, 3)
    assert.deepEqual([line['service_'], line['time_'], line['message_']], ['other', 1, 2])
  })
})

describe('hostile text in a field', () => {
  const texts = ['a\r\nb', '\u001B[2J', '"},{"x":"', '\u2028\u2029', '\u009B31m', '\uD800 lone', 'é😀', '\0']
  for (const text of texts) {
    it(`stays inside one JSON line and comes back unchanged: ${JSON.stringify(text)}`, () => {
      const { log, lines } = capture()
      log.child({ host: text }).info({ path: text, headers: { [text]: text } }, 'request')
      const { path, host, headers } = only(lines)
      assert.deepEqual({ path, host, headers }, { path: text, host: text, headers: { [text]: text } })
      assert.doesNotMatch(lines[0]!.slice(0, -1), /[\p{Cc}\u2028\u2029]/u)
    })
  }

  it('gives no orders to a terminal in the pretty format', () => {
    const { log, lines } = capture({ format: 'pretty' })
    log.error({ path: '\u001B[2J\r\nfake', error: new Error('\u001B]0;title\u0007') }, 'request')
    assert.doesNotMatch(lines.join(''), /[\u001B\u0007\r]/)
  })
})

describe('secrets', () => {
  const jwt = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.c2lnbmF0dXJl`
  const cases: [string, Record<string, unknown>][] = [
    ['a Secret', { anything: new Secret('hunter2') }],
    [
      'credential headers',
      { headers: { Cookie: '_pomerium=hunter2', 'x-serverless-authorization': 'Bearer hunter2' } },
    ],
    ['codes and states in a query', { path: '/oauth2/callback?code=hunter2&state=hunter2&x=1' }],
    [
      'hints and tokens in a URL',
      { url: new URL('https://idp.example.com/logout?id_token_hint=hunter2#access_token=hunter2') },
    ],
    [
      'the password of a Redis URL in an error',
      { error: new Error('cannot connect to rediss://app:hunter2@redis:6379/0') },
    ],
    ['a password with an @ in it', { url: 'redis://app:hunter2@x:hunter2@redis:6379' }],
    ['a secret in a cause', { error: new Error('outer', { cause: new Error('GET /x?token=hunter2') }) }],
    ['session ids', { sessionId: 'hunter2', session: { session_id: 'hunter2' } }],
    ['signed tokens wherever they stand', { note: `got ${jwt}` }],
    ['deep values', { a: { b: [{ c: new Map([['password', 'hunter2']]) }] } }],
  ]
  for (const [what, fields] of cases) {
    it(`are not written: ${what}`, () => {
      for (const format of ['json', 'pretty'] as const) {
        const { log, lines } = capture({ format })
        log.child(fields).info(fields, 'event')
        assert.doesNotMatch(lines.join(''), /hunter2|c2lnbmF0dXJl/)
      }
    })
  }

  it('leaves harmless text as it is', () => {
    const { log, lines } = capture()
    const path = '/search?q=encode=1&page=2'
    log.info({ path, code: 'ACCESS_DENIED', url: 'https://hello.example.com:8443/a@b' }, 'request')
    const line = only(lines)
    assert.deepEqual(
      [line['path'], line['code'], line['url']],
      [path, 'ACCESS_DENIED', 'https://hello.example.com:8443/a@b'],
    )
  })
})

describe('an exception in a log line', () => {
  const connectFailed = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const error = new PosternError('SESSION_STORE_UNAVAILABLE', 'GET failed', { cause: connectFailed })

  it('shows its code, its stack and what caused it', () => {
    const { log, lines } = capture()
    log.error({ error }, 'check failed')
    const written = only(lines)['error']
    assert.equal(written.type, 'PosternError')
    assert.equal(written.code, 'SESSION_STORE_UNAVAILABLE')
    assert.match(written.stack, /json-logger\.test\.ts/)
    assert.equal(written.cause.code, 'ECONNREFUSED')
  })

  it('reads well in the pretty format', () => {
    const { log, lines } = capture({ format: 'pretty' })
    log.error({ error, requestId: 'r-1' }, 'check failed')
    assert.match(
      lines.join(''),
      /^12:00:00\.000 error proxy {8}check failed requestId=r-1\n {2}PosternError: SESSION_STORE_UNAVAILABLE: GET failed\n {4}at /,
    )
    assert.match(lines.join(''), /caused by\n {2}Error: connect ECONNREFUSED \[ECONNREFUSED\]\n/)
  })

  it('is one line in the pretty format when it is one of ours, with what began it', () => {
    const { log, lines } = capture({ format: 'pretty', level: 'info' })
    const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND accounts.google.com'), { code: 'ENOTFOUND' })
    const cause = new TypeError('fetch failed', { cause: new AggregateError([notFound], '') })
    log.warn({ error: new PosternError('IDP_UNAVAILABLE', 'discovery', { cause }) }, 'the IdP does not answer')
    assert.equal(
      lines.join(''),
      '12:00:00.000 warn  proxy        the IdP does not answer error="IDP_UNAVAILABLE: discovery: getaddrinfo ENOTFOUND accounts.google.com"\n',
    )
    log.error({ error: new TypeError('a mistake of ours') }, 'request failed')
    assert.match(lines[1] ?? '', /\n {4}at /)
  })

  it('ends even when it caused itself, and need not be an Error', () => {
    const loop = new Error('round')
    loop.cause = loop
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const { log, lines } = capture()
    log.error({ error: loop, cyclic }, 'odd')
    log.error({ error: 'just text' }, 'odd')
    log.error({ error: new AggregateError([connectFailed, connectFailed], 'all addresses failed') }, 'odd')
    assert.equal(lines.length, 3)
    assert.equal(JSON.parse(lines[2]!).error.errors[1].code, 'ECONNREFUSED')
  })
})
