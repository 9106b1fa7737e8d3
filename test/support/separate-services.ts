import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { standardCertificates, writeCertificates } from '@postern/dev/certificates.ts'
import { anyPorts } from '@postern/dev/ports.ts'
import { helloAudience, startStandIns, type StandIns } from '@postern/dev/stand-ins.ts'
import { startRedis } from './redis-server.ts'
import { startServiceProcess, type ServiceProcess } from './service-process.ts'
import { startTcpBalancer } from './tcp-balancer.ts'

type Instance = 'proxy-1' | 'proxy-2' | 'authorize-1' | 'authorize-2' | 'authenticate'

/**
 * Production in small: two proxies behind a load balancer, two authorizes, authenticate, each a process of its own; mutual
 * TLS between them; Redis over TLS with a user of its own for each service that may use it.
 */
export interface SeparateServices extends AsyncDisposable {
  readonly helloUrl: string
  readonly standIns: StandIns
  process(name: Instance): ServiceProcess
  /** Ends one (SIGTERM, or SIGKILL as a crash would) and starts it again with the same addresses. */
  restart(name: Instance, how?: 'stop' | 'kill'): Promise<void>
  /** The URL of the administrator's Redis user. */
  readonly redisUrl: string
  readonly caFile: string
}

const adminUser = 'admin on >admin-password ~* &* +@all'
// What the services need, and nothing more: authorize can only read and hear of changes.
const authorizeUser =
  'authorize on >authorize-password ~postern:session:* &__redis__:invalidate -@all +@read +@connection +subscribe +info -keys -scan'
const authenticateUser =
  'authenticate on >authenticate-password ~postern:* &* -@all +@read +@write +@connection +@scripting +@pubsub +info -@dangerous'

export async function startSeparateServices(): Promise<SeparateServices> {
  await using starting = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'postern-apart-'))
  starting.defer(() => rm(directory, { recursive: true, force: true }))
  const { caFile, files } = await writeCertificates(join(directory, 'certificates'), standardCertificates)
  const redis = starting.use(
    await startRedis({ tls: { ...files.redis, caFile }, users: [adminUser, authorizeUser, authenticateUser] }),
  )
  const [a, b] = [await anyPorts(), await anyPorts()]
  const proxyPorts = [a.proxy, b.proxy]
  const balancer = starting.use(await startTcpBalancer(proxyPorts))
  const standIns = starting.use(await startStandIns({ ports: { ...(await anyPorts()), proxy: balancer.port } }))
  const addresses = { authorize: [a.cloudRun, b.cloudRun], grpc: a.verify, signIn: b.verify }
  const configFile = join(directory, 'config.yaml')
  await writeFile(configFile, configuration(balancer.port, standIns, caFile, addresses))

  const certificate = (name: 'proxy' | 'authorize' | 'authenticate'): Record<string, string> => ({
    GRPC_TLS_CERTIFICATE_FILE: files[name].certificateFile,
    GRPC_TLS_KEY_FILE: files[name].keyFile,
  })
  const redisAs = (user: string): Record<string, string> => ({ REDIS_URL: redis.url(user, `${user}-password`) })
  const proxy = (port: number | undefined) => ({
    ...certificate('proxy'),
    ADDRESS: `127.0.0.1:${String(port)}`,
    GCE_METADATA_HOST: standIns.metadata.host,
  })
  const authorize = (port: number | undefined) => ({
    ...certificate('authorize'),
    ...redisAs('authorize'),
    ...secrets,
    GRPC_ADDRESS: `127.0.0.1:${String(port)}`,
  })
  const environments: Record<Instance, Readonly<Record<string, string>>> = {
    'proxy-1': proxy(proxyPorts[0]),
    'proxy-2': proxy(proxyPorts[1]),
    'authorize-1': authorize(addresses.authorize[0]),
    'authorize-2': authorize(addresses.authorize[1]),
    authenticate: {
      ...certificate('authenticate'),
      ...redisAs('authenticate'),
      ...secrets,
      COOKIE_SECRET: cookieSecret,
      IDP_CLIENT_SECRET: 'this-secret-opens-nothing-but-the-quick-start',
      ADDRESS: `127.0.0.1:${String(addresses.signIn)}`,
      GRPC_ADDRESS: `127.0.0.1:${String(addresses.grpc)}`,
    },
  }
  const processes = new Map<Instance, ServiceProcess>()
  const start = async (name: Instance): Promise<void> => {
    const command = name.replace(/-\d$/, '') as 'proxy' | 'authorize' | 'authenticate'
    processes.set(name, await startServiceProcess(command, configFile, environments[name]))
  }
  starting.defer(async () => {
    await Promise.all([...processes.values()].map((one) => one[Symbol.asyncDispose]()))
  })
  await Promise.all((Object.keys(environments) as Instance[]).map(start))
  const process = (name: Instance): ServiceProcess => {
    const found = processes.get(name)
    if (found === undefined) throw new Error(`${name} was not started`)
    return found
  }
  const running = starting.move()
  return {
    helloUrl: `http://hello.localhost:${String(balancer.port)}`,
    standIns,
    process,
    restart: async (name, how = 'stop') => {
      await process(name)[how]()
      await start(name)
    },
    redisUrl: redis.url('admin', 'admin-password'),
    caFile,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const secrets = { SHARED_SECRET: randomBytes(32).toString('base64') }
const cookieSecret = randomBytes(32).toString('base64')

/** What all services read; certificates, secrets and addresses of their own come from their environment. */
function configuration(
  publicPort: number,
  standIns: StandIns,
  caFile: string,
  addresses: { readonly authorize: readonly number[]; readonly grpc: number; readonly signIn: number },
): string {
  return `
insecure_server: true
authenticate_service_url: http://authenticate.localhost:${String(publicPort)}
authenticate_internal_service_url: http://127.0.0.1:${String(addresses.signIn)}
authorize_service_url: [${addresses.authorize.map((port) => `'https://localhost:${String(port)}'`).join(', ')}]
authenticate_grpc_service_url: https://localhost:${String(addresses.grpc)}
grpc_authentication: mutual_tls
grpc_tls: { ca_file: ${caFile} }
redis_ca_file: ${caFile}
idp_provider: oidc
idp_provider_url: ${standIns.identityProvider.issuer}
idp_client_id: postern
routes:
  - name: hello
    from: http://hello.localhost:${String(publicPort)}
    to: ${standIns.cloudRun.url}
    enable_google_cloud_serverless_authentication: true
    google_cloud_serverless_authentication_audience: ${helloAudience}
    pass_identity_headers: true
    policy: [{ allow: { and: [{ domain: { is: example.com } }] } }]
`
}
