import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { serveHealth, type HealthChecks } from './health-server.ts'

async function start(
  context: TestContext,
  checks: Partial<HealthChecks> = {},
): Promise<(path: string, method?: string) => Promise<string>> {
  const health = await serveHealth(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { live: () => true, ready: () => Promise.resolve(true), ...checks },
    { readyDeadlineMs: 50 },
  )
  context.after(() => health[Symbol.asyncDispose]())
  assert.ok(health.address.kind === 'tcp')
  const origin = `http://127.0.0.1:${health.address.port}`
  return async (path, method = 'GET') => {
    const response = await fetch(origin + path, { method })
    return `${response.status} ${await response.text()}`.trim()
  }
}

describe('the health server', () => {
  it('says yes on its three paths', async (context) => {
    const ask = await start(context)
    for (const path of ['/ping', '/.pomerium/live', '/.pomerium/ready']) assert.equal(await ask(path), '200 OK')
    assert.equal(await ask('/ping', 'HEAD'), '200')
  })

  it('knows no other path and no other method', async (context) => {
    const ask = await start(context)
    for (const path of ['/', '/ping/', '/PING', '/ping?x', '/.pomerium/ready/', '/metrics']) {
      assert.equal(await ask(path), '404 Not found')
    }
    assert.equal(await ask('/ping', 'POST'), '405 Method not allowed')
  })

  it('stays alive while something it needs is down, but is not ready', async (context) => {
    const ask = await start(context, { ready: () => Promise.resolve(false) })
    assert.deepEqual([await ask('/.pomerium/live'), await ask('/.pomerium/ready')], ['200 OK', '503 Unavailable'])
  })

  it('is not ready when it cannot say, and does not tell why', async (context) => {
    const ask = await start(context, { ready: () => Promise.reject(new Error('redis://app:hunter2@redis')) })
    assert.equal(await ask('/.pomerium/ready'), '503 Unavailable')
  })

  it('is not ready when the answer takes too long', async (context) => {
    const ask = await start(context, { ready: () => Promise.withResolvers<boolean>().promise })
    assert.equal(await ask('/.pomerium/ready'), '503 Unavailable')
  })

  it('asks to be restarted when it is dead', async (context) => {
    const ask = await start(context, { live: () => false })
    assert.deepEqual([await ask('/.pomerium/live'), await ask('/ping')], ['503 Unavailable', '503 Unavailable'])
  })
})
