import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

export interface RedisServerOptions {
  /** Lines of redis.conf after ours. */
  readonly config?: readonly string[]
  /** Lines of an ACL file without the leading `user`; `default` is off unless named here. */
  readonly users?: readonly string[]
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string; readonly caFile: string }
  /** To come back where another server was. */
  readonly port?: number
}

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** `redis://` or `rediss://`, with the user and password where given. */
  url(user?: string, password?: string): string
  /** Kills it without warning, as a crash would. */
  kill(): Promise<void>
}

/** Starts the machine's redis-server on loopback, in memory only. Ends with the test that disposes of it. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const directory = await mkdtemp(join(tmpdir(), 'postern-redis-'))
    const child = spawn('redis-server', ['-'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const exited = once(child, 'exit').catch((cause: unknown) => {
      throw new Error('redis-server cannot be run; Debian: apt-get install redis-server', { cause })
    })
    child.stdin.on('error', () => undefined).end(configuration(options, port, directory).join('\n'))
    if (await isReady(child.stdout, exited)) return running(child, exited, port, directory, options)
    await rm(directory, { recursive: true, force: true })
    if (attempt === 5) throw new Error('redis-server does not start')
  }
}

function configuration(options: RedisServerOptions, port: number, directory: string): string[] {
  const { tls, users } = options
  const listen = tls
    ? [
        'port 0',
        `tls-port ${String(port)}`,
        `tls-cert-file ${tls.certificateFile}`,
        `tls-key-file ${tls.keyFile}`,
        `tls-ca-cert-file ${tls.caFile}`,
        'tls-auth-clients no',
      ]
    : [`port ${String(port)}`]
  const acl = users ? ['user default off', ...users.map((user) => `user ${user}`)] : []
  return [
    'bind 127.0.0.1',
    ...listen,
    'save ""',
    'appendonly no',
    `dir ${directory}`,
    ...acl,
    ...(options.config ?? []),
  ]
}

function running(
  child: ChildProcess,
  exited: Promise<unknown>,
  port: number,
  directory: string,
  options: RedisServerOptions,
): RedisServer {
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return {
    port,
    pid: child.pid ?? 0,
    kill,
    url(user = '', password = '') {
      const credentials = user === '' ? '' : `${user}:${encodeURIComponent(password)}@`
      return `${options.tls ? 'rediss' : 'redis'}://${credentials}127.0.0.1:${String(port)}/0`
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** False when it ended instead, for example because somebody took the port. */
async function isReady(output: Readable, exited: Promise<unknown>): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  let seen = ''
  output.on('data', (chunk: Buffer) => {
    seen = (seen + chunk.toString()).slice(-4000)
    if (seen.includes('Ready to accept connections')) resolve(true)
  })
  exited.then(() => resolve(false), reject)
  return promise
}

/** A port of loopback that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
