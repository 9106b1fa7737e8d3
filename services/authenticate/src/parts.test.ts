import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import { environmentOf, takeParts } from './parts.ts'

describe('--only', () => {
  it('says what of the service runs here, wherever it stands', () => {
    const config = ['--config', 'f']
    assert.deepEqual(takeParts(config), { parts: 'all', rest: config })
    assert.deepEqual(takeParts(['--only', 'http', ...config]), { parts: 'http', rest: config })
    assert.deepEqual(takeParts([...config, '--only=grpc']), { parts: 'grpc', rest: config })
  })

  for (const argv of [['--only'], ['--only', 'both'], ['--only='], ['--only', '--config']]) {
    it(`is wrong as ${argv.join(' ')}`, () => {
      assert.throws(() => takeParts(argv), UsageError)
    })
  }

  it('asks for no gRPC address, nor for proof of who calls, where nobody listens', () => {
    assert.match(environmentOf('http', { GRPC_ADDRESS: ':5443' })['GRPC_ADDRESS'] ?? '', /^unix:/)
  })

  it('gives gRPC the one port of the platform', () => {
    assert.equal(environmentOf('grpc', { PORT: '8080' })['GRPC_ADDRESS'], ':8080')
    assert.equal(environmentOf('grpc', { GRPC_ADDRESS: ':5443' })['GRPC_ADDRESS'], ':5443')
    const env = { PORT: '8080' }
    assert.equal(environmentOf('all', env), env)
  })
})
