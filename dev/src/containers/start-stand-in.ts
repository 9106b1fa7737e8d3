import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JSONWebKeySet } from 'jose'
import { startCloudRun } from '../cloud-run.ts'
import { proxyServiceAccount } from '../google/google-keys.ts'
import { startHello } from '../hello.ts'
import { startIdentityProvider } from '../identity-provider.ts'
import { startMetadataServer } from '../metadata-server.ts'
import type { ServeOptions } from '../serve.ts'
import { startVerify } from '../verify.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Every stand-in that can run in a container of its own, and the environment variables that it needs. */
const standIns: Readonly<Record<string, (env: Environment, listen: ServeOptions) => Promise<AsyncDisposable>>> = {
  'metadata-server': (_, listen) => startMetadataServer(listen),
  hello: (_, listen) => startHello(listen),
  verify: (env, listen) =>
    startVerify({ ...listen, proxy: needed(env, 'PROXY_URL'), routeHost: needed(env, 'ROUTE_HOST') }),
  'identity-provider': (env, listen) =>
    startIdentityProvider({
      ...listen,
      issuer: needed(env, 'ISSUER'),
      clientId: needed(env, 'CLIENT_ID'),
      clientSecret: needed(env, 'CLIENT_SECRET'),
      redirectUris: list(env, 'REDIRECT_URIS'),
      postLogoutRedirectUris: list(env, 'POST_LOGOUT_REDIRECT_URIS'),
    }),
  'cloud-run': async (env, listen) =>
    startCloudRun({
      ...listen,
      audiences: list(env, 'AUDIENCES'),
      invokers: [env['INVOKER'] ?? proxyServiceAccount.email],
      container: needed(env, 'CONTAINER_URL'),
      keySet: await readKeySet(needed(env, 'KEY_SET_URL')),
    }),
}

export const standInNames = Object.keys(standIns)

/**
 * Starts one stand-in on `PORT` (8080) of all interfaces, or of `HOST`; with `CERTIFICATE_FILE` and `KEY_FILE`, over
 * TLS. @throws RangeError for a name that is none, Error for a variable that is not set
 */
export async function startStandIn(name: string, env: Environment): Promise<AsyncDisposable> {
  const start = Object.hasOwn(standIns, name) ? standIns[name] : undefined
  if (start === undefined) throw new RangeError(`no stand-in is called ${name}; there are ${standInNames.join(', ')}`)
  const { CERTIFICATE_FILE: certificateFile, KEY_FILE: keyFile } = env
  const tls =
    certificateFile !== undefined && keyFile !== undefined
      ? { certificate: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
      : undefined
  const listen = { host: env['HOST'] ?? '0.0.0.0', port: Number(env['PORT'] ?? '8080'), control: true }
  return start(env, tls === undefined ? listen : { ...listen, tls })
}

function needed(env: Environment, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`)
  return value
}

function list(env: Environment, name: string): string[] {
  return needed(env, name).split(',')
}

/** Containers start in any order: waits up to half a minute for the metadata server. */
async function readKeySet(url: string): Promise<JSONWebKeySet> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
      return (await response.json()) as JSONWebKeySet
    } catch (error) {
      if (attempt === 30) throw error
      await sleep(1000)
    }
  }
}
