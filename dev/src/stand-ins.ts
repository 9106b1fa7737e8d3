import { startCloudRun, type CloudRun } from './cloud-run.ts'
import { startHello } from './hello.ts'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts'
import type { Person } from './idp/people.ts'
import { startMetadataServer, type MetadataServer } from './metadata-server.ts'
import type { Ports } from './ports.ts'
import { startVerify } from './verify.ts'

/** What a laptop lacks of the world: an identity provider, Google, and applications. */
export interface StandIns extends AsyncDisposable {
  readonly identityProvider: IdentityProvider
  readonly metadata: MetadataServer
  /** The private service, with hello behind it. */
  readonly cloudRun: CloudRun
  readonly verifyUrl: string
}

export interface StandInsOptions {
  readonly ports: Ports
  readonly people?: readonly Person[]
  readonly accessTokenSeconds?: number
}

/** As in `dev/config.yaml`. */
export const helloAudience = 'https://hello-abcdef-uc.a.run.app'
const client = { id: 'postern', secret: 'this-secret-opens-nothing-but-the-quick-start' }

export async function startStandIns({ ports, ...options }: StandInsOptions): Promise<StandIns> {
  await using starting = new AsyncDisposableStack()
  const authenticate = `http://authenticate.localhost:${String(ports.proxy)}`
  const identityProvider = starting.use(
    await startIdentityProvider({
      port: ports.identityProvider,
      clientId: client.id,
      clientSecret: client.secret,
      redirectUris: [`${authenticate}/oauth2/callback`],
      postLogoutRedirectUris: [`${authenticate}/.pomerium/signed_out`, authenticate],
      backChannelLogoutUri: `${authenticate}/.pomerium/backchannel_logout`,
      applicationUrl: `http://hello.localhost:${String(ports.proxy)}/`,
      ...(options.people && { people: options.people }),
      ...(options.accessTokenSeconds !== undefined && { accessTokenSeconds: options.accessTokenSeconds }),
    }),
  )
  const metadata = starting.use(await startMetadataServer())
  const hello = starting.use(await startHello())
  const cloudRun = starting.use(
    await startCloudRun({
      port: ports.cloudRun,
      audiences: [helloAudience],
      invokers: [metadata.account.email],
      keySet: metadata.keys.keySet,
      container: hello.url,
    }),
  )
  const proxy = `http://127.0.0.1:${String(ports.proxy)}`
  const routeHost = `verify.localhost:${String(ports.proxy)}`
  const verify = starting.use(await startVerify({ port: ports.verify, proxy, routeHost }))
  const running = starting.move()
  return {
    identityProvider,
    metadata,
    cloudRun,
    verifyUrl: verify.url,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
