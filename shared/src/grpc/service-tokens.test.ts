import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ServiceTokens } from './service-tokens.ts'

const clock = { now: () => new Date('2026-05-04T03:02:01Z') }
const [former, next] = [randomBytes(32), randomBytes(32)]

describe('service tokens while one secret replaces the other', () => {
  it('are signed with the first key and accepted with each', async () => {
    const proxy = new ServiceTokens([next, former], 'proxy', clock)
    const token = await proxy.authorizationFor('authorize')
    assert.equal(await new ServiceTokens([former, next], 'authorize', clock).verify(token), 'proxy')
    assert.equal(await new ServiceTokens([next], 'authorize', clock).verify(token), 'proxy')
    assert.equal(await new ServiceTokens([former], 'authorize', clock).verify(token), undefined)
  })
})
