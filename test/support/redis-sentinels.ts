import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './redis-server.ts'

export interface SentinelOptions {
  readonly primaryPort: number
  readonly primaryName: string
  /** Asked from clients, and from the sentinels among each other. */
  readonly password: string
  /** Lines of sentinel.conf after ours. */
  readonly config: readonly string[]
}

export interface Sentinels extends AsyncDisposable {
  /** `127.0.0.1:port,127.0.0.1:port,…`. */
  readonly hosts: string
  readonly ports: readonly number[]
}

/** Starts three of the machine's sentinels on loopback; two of them agree on a failover within about a second. */
export async function startSentinels(options: SentinelOptions): Promise<Sentinels> {
  await using starting = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'postern-sentinels-'))
  starting.defer(() => rm(directory, { recursive: true, force: true }))
  const ports: number[] = []
  for (const name of ['one', 'two', 'three']) {
    const port = await freePort()
    starting.use(await startSentinel(port, join(directory, `${name}.conf`), options))
    ports.push(port)
  }
  const running = starting.move()
  return {
    ports,
    hosts: ports.map((port) => `127.0.0.1:${String(port)}`).join(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startSentinel(port: number, file: string, options: SentinelOptions): Promise<AsyncDisposable> {
  const { primaryName: name, primaryPort, password, config } = options
  const isTls = config.some((line) => line.startsWith('tls-cert-file'))
  const lines = [
    'bind 127.0.0.1',
    ...(isTls ? ['port 0', `tls-port ${String(port)}`] : [`port ${String(port)}`]),
    `requirepass ${password}`,
    `sentinel sentinel-pass ${password}`,
    `sentinel monitor ${name} 127.0.0.1 ${String(primaryPort)} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 4000`,
    ...config,
  ]
  await writeFile(file, `${lines.join('\n')}\n`) // sentinels write into their configuration
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const monitors = Promise.withResolvers<undefined>()
  let seen = ''
  child.stdout.on('data', (chunk: Buffer) => {
    seen = (seen + chunk.toString()).slice(-4000)
    if (seen.includes('+monitor master')) monitors.resolve(undefined)
  })
  const ended = exited.then(() => {
    throw new Error(`the sentinel ended: ${seen}`)
  })
  await Promise.race([monitors.promise, ended])
  ended.catch(() => undefined) // by us
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
