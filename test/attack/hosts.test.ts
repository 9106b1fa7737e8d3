import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, request } from '../support/attack-bench.ts'

const bench = attackBench()
const alice = 'Cookie: _pomerium=alice'

describe('one canonical host (HOST-02)', () => {
  for (const host of ['APP.TEST', 'app.test.', 'app.test:443', 'app.test:80', 'App.Test.:443']) {
    it(`${host} is app.test`, async () => {
      const answer = await bench.send(request('GET / HTTP/1.1', [`Host: ${host}`, alice]))
      assert.equal(answer.status, 200)
      assert.equal(bench.proxy.checker.questions.at(-1)?.facts.host, 'app.test')
      assert.deepEqual(bench.onlyRequest().values('x-forwarded-host'), ['app.test'])
    })
  }
})

describe('hosts that are not ours (HOST-01, HOST-08, HOST-10)', () => {
  for (const host of [
    'nope.test',
    'auth.test',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'postern-abc-uc.a.run.app',
    'evil-app.test',
    'app.test.evil.com',
  ]) {
    it(`${host} gets 404, no redirect and no other route's name`, async () => {
      const answer = await bench.send(request('GET / HTTP/1.1', [`Host: ${host}`, alice, 'Accept: text/html']))
      assert.deepEqual([answer.status, bench.upstream.bytes.length], [404, 0])
      assert.doesNotMatch(answer.text, /^location:|api\.test|ws\.test/im)
    })
  }
})

describe('authorities that two parsers read differently (HOST-04, HOST-07)', () => {
  const hosts = [
    'app.test@admin.test',
    'admin.test#app.test',
    'app.test?x',
    'app.test\\admin.test',
    'app.test%00',
    'app.test";proto=evil',
    'app.test/x',
    'app.test, admin.test',
    'app test',
    'app.test:',
    'app.test:x',
    'app.test:70000',
    'app..test',
    '.app.test',
    'app.test:443:443',
    '[::1',
  ]
  for (const host of hosts) {
    it(host, async () => {
      const answer = await bench.send(request('GET / HTTP/1.1', [`Host: ${host}`, alice]))
      assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
    })
  }
})

describe('exactly one Host (HOST-05)', () => {
  const heads = {
    'two, ours first': ['GET / HTTP/1.1', 'Host: app.test', 'Host: admin.test', alice],
    'two, ours last': ['GET / HTTP/1.1', 'Host: admin.test', 'Host: app.test', alice],
    'twice the same': ['GET / HTTP/1.1', 'Host: app.test', 'Host: app.test', alice],
    'a space before the colon': ['GET / HTTP/1.1', 'Host : app.test', alice],
    empty: ['GET / HTTP/1.1', 'Host:', alice],
    missing: ['GET / HTTP/1.1', alice],
    'missing on HTTP/1.0': ['GET / HTTP/1.0', alice],
  }
  for (const [title, [line = '', ...lines]] of Object.entries(heads)) {
    it(title, async () => {
      const answer = await bench.send(request(line, lines))
      assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
    })
  }
})
