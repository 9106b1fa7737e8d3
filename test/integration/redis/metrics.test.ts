import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { Secret } from '@postern/shared/secret.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { RedisSessionReader } from '@postern/shared/session/redis/redis-session-reader.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { counted } from '../../support/counted.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startScriptedRedis } from '../../support/scripted-redis.ts'

function configFor(url: string) {
  return { url: new Secret(url), caFile: undefined, keyPrefix: 'p:', commandTimeoutMs: 200, connectTimeoutMs: 500 }
}

const { handle } = aSession(0)

describe('what is counted of Redis', () => {
  it('says that it is up, down when it was killed, and up when it is back (security case REL-A1)', async () => {
    const metrics = new Metrics()
    await using first = await startRedis()
    const deps = { log: recordingLog(), counting: { metrics, service: 'authenticate' } as const }
    await using store = await RedisSessionStore.connect(configFor(first.url()), deps)
    using _watch = store.watch({ changed: () => 0, allChanged: () => 0, channelDown: () => 0, channelUp: () => 0 })
    const ups = () =>
      ['reads', 'writes', 'invalidation'].map((connection) =>
        counted(metrics, 'postern_redis_up', { service: 'authenticate', connection }),
      )
    const openCircuits = () => counted(metrics, 'postern_redis_circuit_open')
    await eventually('all are up', 2_000, () => Promise.resolve(ups().join() === '1,1,1' && openCircuits() === 0))

    await first.kill()
    await eventually('all are down', 2_000, () => Promise.resolve(ups().join() === '0,0,0' && openCircuits() === 3))
    assert.ok(counted(metrics, 'postern_redis_errors_total', { reason: 'econnrefused' }) > 0)

    await using _second = await startRedis({ port: first.port })
    await eventually('all are up again', 3_000, () => Promise.resolve(ups().join() === '1,1,1' && openCircuits() === 0))
  })

  it('counts commands and how long they took', async () => {
    const metrics = new Metrics()
    await using server = await startRedis()
    const deps = { log: recordingLog(), counting: { metrics, service: 'authorize' } as const }
    await using reader = await RedisSessionReader.connect(configFor(server.url()), deps)
    const name = 'postern_redis_command_duration_seconds'
    const before = counted(metrics, name, { service: 'authorize', connection: 'reads' })
    await reader.find(handle)
    await reader.find(handle)
    assert.equal(counted(metrics, name, { service: 'authorize', connection: 'reads' }) - before, 2)
    assert.equal(counted(metrics, 'postern_redis_errors_total'), 0)
  })

  /** Security case REL-B2: each has a reason of its own. */
  for (const [reply, reason] of [
    ['NOAUTH Authentication required.', 'noauth'],
    ['READONLY You can not write against a read only replica', 'readonly'],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ['OOM command not allowed', 'oom'],
  ] as const) {
    it(`counts ${reason} under its own name, and Redis as down`, async () => {
      const metrics = new Metrics()
      await using server = await startScriptedRedis(`-${reply}\r\n`)
      const deps = { log: recordingLog(), counting: { metrics, service: 'authorize' } as const }
      await using reader = await RedisSessionReader.connect(configFor(`redis://127.0.0.1:${String(server.port)}`), deps)
      await reader.find(handle)
      assert.ok(counted(metrics, 'postern_redis_errors_total', { service: 'authorize', reason }) > 0)
      assert.equal(counted(metrics, 'postern_redis_up'), 0)
    })
  }
})
