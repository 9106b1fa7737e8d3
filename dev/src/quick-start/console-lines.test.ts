import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { consoleLines } from './console-lines.ts'

function shown(write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = ''
  const destination = consoleLines({ write: (line) => void (text += line) }, false)
  const clock = { now: () => new Date('2026-11-22T12:00:00Z') }
  write(createLogger({ service: 'postern', level: 'info', format: 'json', destination, clock }))
  return text
}

describe('the log of the quick start', () => {
  it('has one short line for a request', () => {
    const record = { method: 'GET', authority: 'hello.localhost', path: '/a', 'response-code': 403, decision: 'deny' }
    assert.equal(
      shown((log) => log.info(record, 'http-request')),
      '  12:00:00  403  GET   hello.localhost/a  (deny)\n',
    )
  })

  it('shows warnings and errors, and nothing else', () => {
    const text = shown((log) => {
      log.info({}, 'everyday news')
      log.warn({}, 'something is odd')
      log.error({}, 'something broke')
    })
    assert.deepEqual(
      ['everyday news', 'something is odd', 'something broke'].map((message) => text.includes(message)),
      [false, true, true],
    )
  })

  it('lets no address give orders to the terminal', () => {
    const record = { method: 'GET', authority: 'hello.localhost', path: '/\u001B[2J', 'response-code': 200 }
    assert.ok(!shown((log) => log.info(record, 'http-request')).includes('\u001B'))
  })
})
