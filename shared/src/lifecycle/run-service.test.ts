import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProxyConfig } from '../config/model.ts'
import type { Environment } from '../config/source/environment.ts'
import type { Live } from './live.ts'
import type { ProcessHost } from './process-host.ts'
import { runService } from './run-service.ts'
import type { RunningService } from './running-service.ts'

const env = {
  AUTHENTICATE_SERVICE_URL: 'https://authn.example.com',
  AUTHORIZE_SERVICE_URL: 'unix:///a',
  AUTHENTICATE_GRPC_SERVICE_URL: 'unix:///b',
  INSECURE_SERVER: 'true',
  LOG_LEVEL: 'off',
}

/** A process whose signals the test sends. */
class FakeProcess implements ProcessHost {
  readonly isTerminal = false
  readonly errors: string[] = []
  readonly exits: number[] = []
  readonly #listeners: (() => void)[] = []
  readonly #hangUps = new Set<() => void>()

  print(): void {
    // nothing here looks at it
  }

  printError(line: string): void {
    this.errors.push(line)
  }

  onSignal(signal: string, listener: () => void): Disposable {
    if (signal === 'SIGTERM') this.#listeners.push(listener)
    if (signal === 'SIGHUP') this.#hangUps.add(listener)
    return { [Symbol.dispose]: () => void this.#hangUps.delete(listener) }
  }

  exit(code: number): void {
    this.exits.push(code)
  }

  hangUp(): void {
    for (const listener of this.#hangUps) listener()
  }

  terminate(): void {
    for (const listener of this.#listeners) listener()
  }
}

function service(disposed: () => void | Promise<void>): RunningService {
  return { addresses: {}, [Symbol.asyncDispose]: async () => disposed() }
}

const program = { name: 'proxy', argv: [], env, select: (config: { proxy: unknown }) => config.proxy } as const

describe('a service', () => {
  it('gets its own slice, runs until SIGTERM, drains, and exits with 0', async () => {
    const host = new FakeProcess()
    const events: string[] = []
    const start = (config: { current: unknown }): Promise<RunningService> => {
      events.push(`started with ${(config.current as { checkMode: string }).checkMode}`)
      setImmediate(() => host.terminate())
      return Promise.resolve(service(() => void events.push('drained')))
    }
    await runService({ ...program, host, start })
    assert.deepEqual(events, ['started with stream', 'drained'])
    assert.deepEqual(host.exits, [0])
  })

  it('reads everything again on SIGHUP, what secret references lead to included', async () => {
    const host = new FakeProcess()
    let idle = '1m'
    const openEnvironment = (given: Environment) =>
      Promise.resolve({ env: { ...given, TIMEOUT_IDLE: idle }, files: new Map<string, string>(), issues: [] })
    const seen: unknown[] = []
    const start = (config: Live<unknown>): Promise<RunningService> => {
      const idleMs = (slice: unknown): number => (slice as ProxyConfig).timeouts.idleMs
      seen.push(idleMs(config.current))
      config.subscribe((next) => {
        seen.push(idleMs(next))
        if (idle === '2m') setImmediate(() => host.terminate())
      })
      setImmediate(() => {
        idle = '2m'
        host.hangUp()
      })
      return Promise.resolve(service(() => undefined))
    }
    await runService({ ...program, host, start, openEnvironment })
    assert.deepEqual(seen, [60_000, 120_000])
    assert.deepEqual(host.exits, [0])
  })

  it('does not start where a secret reference leads nowhere, and says only that', async () => {
    const host = new FakeProcess()
    const issue = { severity: 'error', path: ['$A'], message: 'ref: why', file: '$A', line: 0, column: 0 } as const
    const openEnvironment = () => Promise.resolve({ env: {}, files: new Map<string, string>(), issues: [issue] })
    await runService({ ...program, host, start: () => assert.fail('must not start'), openEnvironment })
    assert.deepEqual([host.errors, host.exits], [['$A ref: why'], [78]])
  })

  it('waits for nothing at the second signal', async () => {
    const host = new FakeProcess()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const start = (): Promise<RunningService> => {
      setImmediate(() => host.terminate())
      return Promise.resolve(
        service(() => {
          host.terminate()
          assert.deepEqual(host.exits, [1])
          resolve(undefined)
        }),
      )
    }
    await runService({ ...program, host, start })
    await promise
  })

  it('lists everything that is wrong with its configuration, and exits with 78', async () => {
    const host = new FakeProcess()
    const start = (): Promise<RunningService> => assert.fail('must not start')
    await runService({ ...program, env: { ...env, TIMEOUT_READ: '30', AUTHORIZE_SERVICE_URL: '' }, host, start })
    assert.deepEqual(host.exits, [78])
    assert.equal(host.errors.length, 2)
    assert.match(host.errors[0] ?? '', /^environment: authorize_service_url: not set/)
    assert.match(host.errors[1] ?? '', /^\$TIMEOUT_READ timeout_read: found "30"; expected a duration/)
  })

  it('exits with 1 when it cannot start', async () => {
    const host = new FakeProcess()
    await runService({ ...program, host, start: () => Promise.reject(new Error('address in use')) })
    assert.deepEqual(host.exits, [1])
  })

  it('exits with 64 at an option that it does not know', async () => {
    const host = new FakeProcess()
    await runService({ ...program, argv: ['--port', '1'], host, start: () => assert.fail('must not start') })
    assert.deepEqual(host.exits, [64])
    assert.match(host.errors[0] ?? '', /^unknown option --port/)
  })
})
