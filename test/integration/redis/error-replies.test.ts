import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Secret } from '@postern/shared/secret.ts'
import { RedisUnavailable } from '@postern/shared/session/redis/redis-failure.ts'
import { RedisSessionReader } from '@postern/shared/session/redis/redis-session-reader.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { startScriptedRedis } from '../../support/scripted-redis.ts'

const { handle } = aSession(0)

async function answerTo(reply: string, greeting?: string) {
  await using server = await startScriptedRedis(reply, greeting)
  const url = new Secret(`redis://127.0.0.1:${String(server.port)}`)
  const times = { commandTimeoutMs: 200, connectTimeoutMs: 500 }
  const log = recordingLog()
  await using reader = await RedisSessionReader.connect({ url, caFile: undefined, keyPrefix: 'p:', ...times }, { log })
  return { lookup: await reader.find(handle), log }
}

/** Security cases REL-A and REL-B: each of these is a store that cannot answer, never a session that is not there. */
const replies = [
  ['LOADING Redis is loading the dataset in memory', 'loading'],
  ['CLUSTERDOWN Hash slot not served', 'clusterdown'],
  ['MOVED 3999 127.0.0.1:6381', 'moved'],
  ['ASK 3999 127.0.0.1:6381', 'ask'],
  ['MASTERDOWN Link with MASTER is down', 'masterdown'],
  ['READONLY You can not write against a read only replica', 'readonly'],
  ['OOM command not allowed', 'oom'],
  ['NOAUTH Authentication required.', 'noauth'],
  ['NOPERM this user has no permissions', 'noperm'],
  ['MISCONF Redis is configured to save', 'misconf'],
  ['BUSY Redis is busy running a script', 'busy'],
  ['ERR something else', 'err'],
] as const

describe('a reply that is an error', () => {
  for (const [reply, reason] of replies) {
    it(`${reason}: the store is unavailable, and says why`, async () => {
      const { lookup, log } = await answerTo(`-${reply}\r\n`)
      assert.equal(lookup.kind, 'unavailable')
      assert.ok(lookup.cause instanceof RedisUnavailable)
      assert.equal(lookup.cause.reason, reason)
      assert.ok(log.lines.some((line) => line.fields['reason'] === reason))
    })
  }
})

describe('a reply that is none', () => {
  for (const [what, reply, greeting] of [
    ['an HTTP answer', 'HTTP/1.1 400 Bad Request\r\n\r\n', undefined],
    ['an endless string', '$999999999\r\nx', undefined],
    ['nothing', '', undefined],
    ['a refusal before the first command', '', '-ERR max number of clients reached\r\n'],
  ] as const) {
    it(`${what}: the store is unavailable`, async () => {
      const { lookup } = await answerTo(reply, greeting)
      assert.equal(lookup.kind, 'unavailable')
    })
  }

  it('nothing found: the session is absent', async () => {
    assert.deepEqual((await answerTo('$-1\r\n')).lookup, { kind: 'absent' })
  })
})
