import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { electPrimary } from './elect-primary.ts'
import { RedisUnavailable } from './redis-failure.ts'

const one = { host: '10.0.0.1', port: 6379 }
const other = { host: '10.0.0.1', port: 6380 }
const says = <T>(answer: T) => Promise.resolve(answer)
const never = () => Promise.withResolvers<typeof one>().promise
const fails = (reason: string) => Promise.reject<typeof one>(new RedisUnavailable(reason))

describe('the primary is elected', () => {
  it('as soon as more than half agree', async () => {
    assert.deepEqual(await electPrimary([never(), says(one), says(one)]), one)
  })

  it('by those who answer', async () => {
    assert.deepEqual(await electPrimary([fails('econnrefused'), says(undefined), says(other)]), other)
  })

  it('against those who have not heard of a failover yet', async () => {
    assert.deepEqual(
      await electPrimary([says(one), says(other), fails('timeout'), says(other), says(undefined)]),
      other,
    )
  })

  it('never, when nobody knows', async () => {
    const reasonOf = (answers: Parameters<typeof electPrimary>[0]) =>
      electPrimary(answers).catch((error: unknown) => error instanceof RedisUnavailable && error.reason)
    assert.equal(await reasonOf([fails('wrongpass'), fails('timeout')]), 'wrongpass')
    assert.equal(await reasonOf([says(undefined), says(undefined)]), 'no-primary')
    assert.equal(await reasonOf([]), 'no-primary')
  })
})
