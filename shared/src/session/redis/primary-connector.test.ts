import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { primaryConnector } from './primary-connector.ts'

describe('a connection to Redis that breaks', () => {
  it('may do so twice without ending the process; the first error is the one that counts', async () => {
    const Connector = primaryConnector({
      locator: { locate: () => Promise.reject(new Error('nowhere')), mayMove: false } as never,
      address: {} as never,
      disconnectTimeoutMs: 10,
      found: () => undefined,
    })
    const connector = new Connector({})
    const stream = await connector.connect((type) => assert.fail(type))
    delete connector.firstError
    stream.emit('error', new Error('certificate refused'))
    stream.emit('error', new Error('alert decode error'))
    assert.match(String(connector.firstError), /certificate refused/)
  })
})
