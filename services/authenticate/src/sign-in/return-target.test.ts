import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RouteFrom } from '@postern/shared/config/model.ts'
import { parseReturnTarget } from './return-target.ts'

const authenticateUrl = new URL('https://auth.test')
const route = (host: string, port?: number, scheme: 'http' | 'https' = 'https'): RouteFrom => ({ scheme, host, port })
const hosts = [
  route('app.test'),
  route('ported.test', 8443),
  route('*.wild.test'),
  route('a*h.test'),
  route('app-*.part.test'),
  route('hello.localhost', 8080, 'http'),
  route('plain.test', undefined, 'http'),
]
const target = (text: string): string => parseReturnTarget(text, hosts, authenticateUrl).href
const refusal = { code: 'RETURN_TO_REFUSED' }

describe('a person may return to', () => {
  const accepted: readonly [string, string?][] = [
    ['https://app.test/'],
    ['https://app.test', 'https://app.test/'],
    ['https://app.test/deep/link?q=1&q=2'],
    ['https://app.test/a%20b?next=https://evil.com/'],
    ['https://app.test/@evil.com'],
    ['https://ported.test:8443/x'],
    ['https://a.wild.test/'],
    ['https://a.b.wild.test/'],
    ['https://app-7.part.test/'],
    ['http://hello.localhost:8080/'],
    ['https://app.test/#fragment', 'https://app.test/'],
    ['https://app.test/.pomerium/'],
    ['https://app.test/.//evil.com', 'https://app.test//evil.com'],
  ]
  for (const [text, expected] of accepted) it(text, () => assert.equal(target(text), expected ?? text))

  for (const path of [
    'callback/?pomerium_ticket=x',
    'sign_out',
    '../.pomerium/sign_in',
    '%2e/callback',
    'signed_out',
  ]) {
    it(`the front page instead of our own /.pomerium/${path} (RED-22)`, () => {
      assert.equal(target(`https://app.test/.pomerium/${path}`), 'https://app.test/')
    })
  }
})

describe('nobody is sent to', () => {
  const cases = [
    // RED-01, 02: protocol-relative and backslashes
    ...[
      '//evil.com',
      '///evil.com',
      '////evil.com/%2e%2e',
      '/\\evil.com',
      '\\\\evil.com',
      '/\\/evil.com',
      '\\/evil.com',
    ],
    // RED-04: schemes without their slashes
    ...[
      'https:evil.com',
      'https:/evil.com',
      'https:///evil.com',
      'HtTpS://evil.com',
      'https:app.test',
      'HTTPS://app.test/',
    ],
    // RED-05, 07: encoded slashes, dots
    ...['http:%2f%2fevil.com', '/%2f%2fevil.com', '/%5cevil.com', '/.//evil.com', '/..//evil.com', '/;//evil.com'],
    // RED-08: other schemes
    ...['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'jAvAsCrIpT&colon;alert(1)'],
    // RED-10, 11: look-alikes, ports, user info
    ...['https://app.test.evil.com', 'https://evil-app.test', 'https://app.testevil.com', 'https://app.test:8443/'],
    ...['https://app.test:443@evil.com', 'https://evil.com@app.test/', 'https://a:b@app.test/', 'https://@app.test/'],
    // RED-13, 14: other ways to write a host
    ...['https://app。test', 'https://ａpp.test/', 'https://ａpp.test.evil.com', 'https://evil.com%E3%80%82app.test'],
    ...['https://[::1]/', 'https://0x7f.1/', 'https://2130706433/', 'https://APP.test/', 'https://app.test./'],
    // RED-19: not addresses
    ...[
      `https://app.test/${'x'.repeat(100_000)}`,
      'https://app.test/\0',
      'https://app.test/\ud800',
      '',
      ' ',
      'app.test',
    ],
    ...[
      'https://app.test/\r\nSet-Cookie: a=b',
      'https://app.test/ x',
      'https://app.test\\@evil.com/',
      ' https://app.test/',
    ],
    // hosts of routes, in another way
    ...['https://wild.test/', 'https://evilwild.test/', 'https://app-.part.test.evil/', 'https://ported.test/'],
    ...['http://app.test/', 'http://plain.test/', 'https://hello.localhost:8080/', 'https://auth.test/'],
    ...['https://app.test:443/', 'https://app.test:0443/', 'https://app%2etest/'],
  ]
  for (const text of cases) it(JSON.stringify(text).slice(0, 60), () => assert.throws(() => target(text), refusal))
})

describe('every combination of tricks (RED-20)', () => {
  const prefixes = ['', 'https:', 'http:', 'HTTPS:', 'javascript:', 'https://app.test', 'https://app.test@', ' https:']
  const slashes = [
    '/',
    '//',
    '///',
    '\\',
    '/\\',
    '\\/',
    '/%2f',
    '/%5c',
    '/.//',
    '/..//',
    '/\t/',
    '/\n/',
    '@',
    ':',
    '?',
    '#',
  ]
  const hostsTried = [
    'evil.com',
    'app.test',
    'app.test.evil.com',
    'evil.com\\@app.test',
    'evil.com#@app.test',
    '[::1]',
    'app.test:81',
  ]
  const tails = ['', '/', '/x', '?x', '/%2e%2e/', '\0', '%00', ' ', '\\', '/\\evil.com', '@evil.com', ':443@evil.com']

  it('ends on a route, or nowhere', () => {
    let tried = 0
    for (const prefix of prefixes)
      for (const slash of slashes)
        for (const host of hostsTried)
          for (const tail of tails) {
            const text = `${prefix}${slash}${host}${tail}`
            for (const variant of [text, encodeURI(text), encodeURIComponent(text)]) {
              tried += 1
              try {
                // The oracle: what a browser makes of our Location header.
                assert.equal(new URL(target(variant), 'https://app.test/').origin, 'https://app.test', variant)
              } catch (error) {
                if (!(error instanceof Error && 'code' in error && error.code === 'RETURN_TO_REFUSED')) throw error
              }
            }
          }
    assert.ok(tried > 5_000, String(tried))
  })
})
