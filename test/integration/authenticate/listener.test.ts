import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'

describe('the listener of authenticate', () => {
  it('serves the requests of one connection one after the other, and ends one that asks hundreds at once', async () => {
    await using service = await AuthenticateUnderTest.start()
    const outcome = async (count: number): Promise<number> => {
      const socket = connect(service.port, '127.0.0.1')
      let answers = ''
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => (answers += chunk.toString('latin1')))
      const last = 'GET /last HTTP/1.1\r\nHost: auth.test\r\nConnection: close\r\n\r\n'
      socket.write('GET /nothing-here HTTP/1.1\r\nHost: auth.test\r\n\r\n'.repeat(count - 1) + last)
      await new Promise((resolve) => socket.once('close', resolve))
      return answers.split('HTTP/1.1 404').length - 1
    }
    assert.equal(await outcome(5), 5)
    assert.ok((await outcome(1000)) < 500)
  })
})
