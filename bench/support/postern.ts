import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMetadataServer } from '@postern/dev/metadata-server.ts'
import { anyPorts } from '@postern/dev/ports.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import type { ServiceProcess } from '../../test/support/service-process.ts'
import { startAsImage } from './as-image.ts'
import { startChild, type Child } from './child.ts'
import { serviceSettings } from './service-settings.ts'
import { newSignedInSession, type SignedIn } from './signed-in.ts'

/** Proxy and authorize as their images start them, Redis, an upstream and the yardstick in front of the same upstream. */
export interface BenchedPostern extends AsyncDisposable {
  readonly proxy: ServiceProcess
  readonly authorize: ServiceProcess
  readonly redisPid: number
  readonly bare: Child
  readonly barePort: number
  readonly proxyPort: number
  /** Of the route of this name. */
  hostOf(route: string): string
  signIn(route: string): Promise<SignedIn>
}

/** `routes`: what each adds to a plain route, by name; lines of YAML that begin with four spaces. */
export async function startBenchedPostern(routes: Readonly<Record<string, string>>): Promise<BenchedPostern> {
  await using starting = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  starting.defer(() => rm(directory, { recursive: true, force: true }))
  const portOf = async (child: Child): Promise<number> => (await child.next<{ port: number }>()).port
  const here = (file: string): URL => new URL(file, import.meta.url)
  const upstream = starting.use(startChild(here('upstream-process.ts')))
  const upstreamUrl = `http://127.0.0.1:${String(await portOf(upstream))}`
  const bare = starting.use(startChild(here('bare-forwarder-process.ts'), [upstreamUrl]))
  const barePort = await portOf(bare)
  const redis = starting.use(await startRedis())
  const metadata = starting.use(await startMetadataServer())
  const ports = await anyPorts()
  const sharedSecret = randomBytes(32).toString('base64')
  const hostOf = (route: string): string => `${route}.localhost:${String(ports.proxy)}`
  const configFile = join(directory, 'config.yaml')
  const list = Object.entries(routes).map(
    ([name, extra]) => `
  - from: http://${hostOf(name)}
    to: ${upstreamUrl}
    policy: [{ allow: { and: [{ domain: { is: example.com } }] } }]
${extra}`,
  )
  await writeFile(configFile, `${serviceSettings(ports, redis.url())}routes:${list.join('')}\n`)
  const environment = {
    SHARED_SECRET: sharedSecret,
    GCE_METADATA_HOST: metadata.host,
    NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
  }
  // Twice: at the second start the code is compiled, as in an image.
  for (const service of ['authorize', 'proxy'] as const)
    await (await startAsImage(service, configFile, environment)).stop()
  const authorize = starting.use(await startAsImage('authorize', configFile, environment))
  const proxy = starting.use(await startAsImage('proxy', configFile, environment))
  const running = starting.move()
  return {
    proxy,
    authorize,
    redisPid: redis.pid,
    bare,
    barePort,
    proxyPort: ports.proxy,
    hostOf,
    signIn: (route) =>
      newSignedInSession({
        redisUrl: redis.url(),
        sharedSecret,
        host: hostOf(route),
        authenticateHost: `authenticate.localhost:${String(ports.proxy)}`,
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
