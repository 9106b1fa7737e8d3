import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { anyPorts, freeUsualPorts, usualPorts, withPorts } from './ports.ts'

describe('the ports of the quick start', () => {
  it('give way to whoever was there first, and never to each other', async () => {
    const occupant = createServer()
    await new Promise<void>((resolve) =>
      occupant.once('error', () => resolve()).listen(usualPorts.proxy, '127.0.0.1', resolve),
    )
    try {
      const ports = await freeUsualPorts()
      assert.notEqual(ports.proxy, usualPorts.proxy)
      assert.equal(new Set(Object.values(ports)).size, 4)
    } finally {
      occupant.close()
    }
  })

  it('give way to somebody at ::1 too, where browsers look first, and none takes the usual one of another', async (context) => {
    const occupant = createServer()
    context.after(() => occupant.close())
    const listening = await new Promise<boolean>((resolve) =>
      occupant.once('error', () => resolve(false)).listen(usualPorts.proxy, '::1', () => resolve(true)),
    )
    if (!listening) return context.skip('somebody else is there, or this machine has no IPv6')
    const ports = await freeUsualPorts()
    assert.ok(!Object.values(usualPorts).includes(ports.proxy), String(ports.proxy))
  })

  it('are put into the configuration wherever it names the usual ones', async () => {
    const yaml = readFileSync(new URL('../config.yaml', import.meta.url), 'utf8')
    for (const usual of Object.values(usualPorts)) assert.ok(yaml.includes(`:${usual}`))
    const ports = await anyPorts()
    const changed = withPorts(yaml, ports)
    for (const usual of Object.values(usualPorts)) assert.ok(!changed.includes(`:${usual}`))
    assert.ok(changed.includes(`from: http://hello.localhost:${ports.proxy}`))
  })
})
