import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseProgramTarget } from './program-target.ts'

const usual = ['localhost']

describe('a program gets its credential at', () => {
  for (const [text, allowed] of [
    ['http://localhost/cb', usual],
    ['http://localhost:1234/cb?state=x', usual],
    ['https://localhost:8443', usual],
    ['http://127.0.0.1:9/', usual],
    ['http://127.9.9.9:9/', usual],
    ['http://[::1]:9/', usual],
    ['https://tools.example.com/cb', ['tools.example.com']],
    ['https://tools.example.com:8443/cb', ['localhost', 'tools.example.com']],
  ] as const) {
    it(`${text} (${allowed.join(', ')})`, () => {
      assert.equal(parseProgramTarget(text, allowed)?.href, new URL(text).href)
    })
  }
})

describe('a program gets no credential at (RED-16, CVE-2021-29651)', () => {
  for (const [text, allowed] of [
    ['https://evil.com/cb', usual],
    ['http://localhost/cb', []],
    ['http://sub.localhost/cb', usual],
    ['http://localhost.evil.com/', usual],
    ['http://localhost@evil.com/', usual],
    ['http://evil.com#@localhost/', usual],
    ['http://localhost/cb#fragment', usual],
    ['http://localhost\\@evil.com/', usual],
    ['http://localhost%00.evil.com/', usual],
    ['http:/localhost/', usual],
    ['//localhost/', usual],
    ['javascript://localhost/%0aalert(1)', usual],
    ['http://127.0.0.1.evil.com/', usual],
    ['http://2130706433/', usual],
    ['http://0x7f.1/', usual],
    ['http://0.0.0.0/', usual],
    ['http://[::ffff:127.0.0.1]/', usual],
    ['http://LOCALHOST/', usual],
    ['http://user:password@localhost/', usual],
    ['http://localhost/?pomerium_jwt=planted', usual],
    ['http://localhost/\r\nset-cookie: a=b', usual],
    ['http://tools.example.com/cb', ['tools.example.com']],
    ['https://evil.tools.example.com/', ['tools.example.com']],
    ['https://tools.example.com.evil.com/', ['tools.example.com']],
    ['', usual],
    [`http://localhost/${'x'.repeat(3_000)}`, usual],
  ] as const) {
    it(JSON.stringify(text.slice(0, 60)), () => {
      assert.equal(parseProgramTarget(text, allowed), undefined)
    })
  }
})
