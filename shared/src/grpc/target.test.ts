import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatTarget, isLocal, parseTarget } from './target.ts'

const readable = [
  ['unix:/run/postern/a.sock', 'unix:/run/postern/a.sock', true],
  ['unix:///run/a.sock', 'unix:/run/a.sock', true],
  ['dns:///authorize:5443', 'dns:///authorize:5443', false],
  ['dns:authorize.postern.svc:5443', 'dns:///authorize.postern.svc:5443', false],
  ['dns://8.8.8.8/authorize:5443', 'dns:///authorize:5443', false],
  ['authorize:5443', 'dns:///authorize:5443', false],
  ['localhost:1', 'dns:///localhost:1', true],
  ['127.0.0.2:1', 'ipv4:127.0.0.2:1', true],
  ['ipv4:10.0.0.1:1', 'ipv4:10.0.0.1:1', false],
  ['[::1]:1', 'ipv6:[::1]:1', true],
  ['ipv6:[2001:db8::1]:1', 'ipv6:[2001:db8::1]:1', false],
  ['127.0.0.1.example.com:1', 'dns:///127.0.0.1.example.com:1', false],
  ['localhost.example.com:1', 'dns:///localhost.example.com:1', false],
] as const

describe('a gRPC target', () => {
  for (const [text, canonical, local] of readable) {
    it(`${text} is ${canonical}, ${local ? 'on this machine' : 'somewhere else'}`, () => {
      const parts = parseTarget(text)
      assert.ok(parts)
      assert.equal(formatTarget(parts), canonical)
      assert.equal(isLocal(parts), local)
    })
  }

  for (const text of ['', 'authorize', 'https://authorize:5443', 'dns:///authorize', 'a b:1', '::1:5', 'unix:']) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseTarget(text), undefined))
  }
})
