import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalHost, HostReader } from './canonical-host.ts'

describe('canonicalHost', () => {
  for (const [raw, host, port] of [
    ['App.Example.COM', 'app.example.com', undefined],
    ['app.example.com.:8443', 'app.example.com:8443', 8443],
    ['app.example.com:443', 'app.example.com', undefined],
    ['127.0.0.1:80', '127.0.0.1', undefined],
    ['[::1]:3000', '[::1]:3000', 3000],
    ['under_score.example', 'under_score.example', undefined],
  ] as const) {
    it(`reads ${raw} as ${host}`, () => {
      assert.deepEqual(canonicalHost(raw), { host, name: host.replace(/:\d+$/, ''), port })
    })
  }

  for (const raw of [
    '',
    '.',
    'a b',
    'a/b',
    'a@b',
    'a:',
    'a:0',
    'a:65536',
    'a:1:2',
    '[::1',
    'a..b',
    'é.example',
    'a'.repeat(254),
  ]) {
    it(`does not read ${JSON.stringify(raw.slice(0, 20))}`, () => {
      assert.equal(canonicalHost(raw), undefined)
    })
  }
})

describe('HostReader', () => {
  it('reads beyond what it remembers', () => {
    const reader = new HostReader(1)
    for (const host of ['a.test', 'b.test', 'a.test', 'b.test']) assert.equal(reader.read(host)?.host, host)
    assert.equal(reader.read('a@b'), undefined)
  })
})
