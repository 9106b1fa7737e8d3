import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { ProxyConfig, ProxyRoute, RedisConfig, RouteFrom } from '@postern/shared/config/model.ts'
import type { RedisUse } from '@postern/shared/session/redis/inspect-redis.ts'
import type { Check } from './check.ts'
import { googleCredentialChecks, type GoogleIdentity } from './checks/google-credential.ts'
import { identityProviderCheck } from './checks/identity-provider.ts'
import { plainUpstreamCheck } from './checks/plain-upstream.ts'
import { portCheck } from './checks/ports.ts'
import { publicHostCheck } from './checks/public-host.ts'
import { redisCheck } from './checks/redis.ts'
import { serverlessUpstreamCheck } from './checks/serverless-upstream.ts'
import { calledServiceCheck, internalAuthenticateCheck } from './checks/services.ts'

/** Every question that this configuration gives reason to ask, each once. `google`: where the proxy is among the services. */
export function checksFor(config: LoadedConfig, google: GoogleIdentity | undefined): readonly Check[] {
  const has = (name: (typeof config.services)[number]): boolean => config.services.includes(name)
  return [
    ...(has('proxy') && google ? googleCredentialChecks(config.proxy, google) : []),
    ...(has('proxy') && google ? upstreamChecks(config.proxy, google) : []),
    ...redisChecks(config),
    ...(has('authenticate') ? idpChecks(config) : []),
    ...serviceChecks(config),
    ...hostChecks(config),
    ...portChecks(config),
  ]
}

function upstreamChecks({ routes }: ProxyConfig, { tokens }: GoogleIdentity): Check[] {
  const checks = routes.flatMap((route) =>
    route.upstreams.map((upstream) => {
      const { serverless, upstreamTls: tls } = route
      const key = JSON.stringify([upstream.url.href, serverless, tlsKey(tls)])
      const check =
        serverless === undefined
          ? plainUpstreamCheck({ upstream, tls })
          : serverlessUpstreamCheck({ url: upstream.url, serverless, tls }, tokens)
      return [key, check] as const
    }),
  )
  return [...new Map(checks).values()]
}

function tlsKey({ ca, serverName, skipVerify, clientCertificate }: ProxyRoute['upstreamTls']): readonly unknown[] {
  return [ca, serverName, skipVerify, clientCertificate?.certificate]
}

/** One check for each Redis and user, for all that is done there. */
function redisChecks(config: LoadedConfig): Check[] {
  const found = new Map<string, { readonly redis: RedisConfig; readonly uses: Set<RedisUse> }>()
  const add = (redis: RedisConfig | undefined, use: RedisUse): void => {
    if (redis === undefined) return
    const key = redis.url.reveal()
    const known = found.get(key)
    if (known === undefined) found.set(key, { redis, uses: new Set([use]) })
    else known.uses.add(use)
  }
  if (config.services.includes('authorize')) add(config.authorize.redis, 'reads')
  if (config.services.includes('authenticate')) add(config.authenticate.redis, 'writes')
  return [...found.values()].map(({ redis, uses }) => redisCheck(redis, uses))
}

function idpChecks({ authenticate }: LoadedConfig): Check[] {
  const { idp, routeIdps = [], authenticateUrl } = authenticate
  const clients = [idp, ...routeIdps].map((one) => [`${one.issuer.href} ${one.clientId}`, one] as const)
  return [...new Map(clients).values()].map((one) => identityProviderCheck(one, authenticateUrl))
}

function serviceChecks(config: LoadedConfig): Check[] {
  const checks: Check[] = []
  if (config.services.includes('proxy')) {
    const { authorizeTargets, authenticateTargets, authenticateInternalUrl, authenticateUrl, grpc } = config.proxy
    const common = { self: 'proxy', security: grpc.security } as const
    for (const target of authorizeTargets) checks.push(calledServiceCheck({ ...common, target, service: 'authorize' }))
    for (const target of authenticateTargets)
      checks.push(calledServiceCheck({ ...common, target, service: 'authenticate' }))
    if (authenticateInternalUrl !== undefined && authenticateInternalUrl.protocol !== 'unix:')
      checks.push(internalAuthenticateCheck(authenticateInternalUrl, authenticateUrl))
  }
  if (config.services.includes('authorize')) {
    const { authenticateTargets, grpc } = config.authorize
    for (const target of authenticateTargets)
      checks.push(calledServiceCheck({ self: 'authorize', service: 'authenticate', security: grpc.security, target }))
  }
  return checks
}

/** The hosts of the routes where the proxy is looked at, and authenticate's where that is. */
function hostChecks(config: LoadedConfig): Check[] {
  const isProxy = config.services.includes('proxy')
  const isAuthenticate = config.services.includes('authenticate')
  if (!isProxy && !isAuthenticate) return []
  const { authenticateUrl } = isProxy ? config.proxy : config.authenticate
  const wantsClientCertificate = isProxy && config.proxy.clientCertificates !== undefined
  const own = isProxy || isAuthenticate ? [authenticateUrl.origin] : []
  const routes = isProxy ? config.proxy.routes.map(({ from }) => originOf(from)) : []
  return [...new Set([...own, ...routes])].map((origin) =>
    publicHostCheck({
      origin,
      authenticateUrl,
      isAuthenticate: origin === authenticateUrl.origin,
      wantsClientCertificate,
    }),
  )
}

function originOf({ scheme, host, port }: RouteFrom): string {
  const isUsual = port === undefined || port === (scheme === 'https' ? 443 : 80)
  return `${scheme}://${host}${isUsual ? '' : `:${String(port)}`}`
}

/** What `postern run` would listen at, or the services that are looked at. */
function portChecks(config: LoadedConfig): Check[] {
  const isProxy = config.services.includes('proxy')
  const isAlone = (name: 'authorize' | 'authenticate'): boolean => !isProxy && config.services.includes(name)
  const listeners: (readonly [key: string, address: ListenAddress | undefined])[] = [
    ...(isProxy
      ? ([
          ['address', config.proxy.listen],
          ['http_redirect_addr', config.proxy.redirectListen],
          ['health_check_addr', config.proxy.healthListen],
        ] as const)
      : []),
    ...(isAlone('authorize') ? ([['grpc_address', config.authorize.grpc.listen]] as const) : []),
    ...(isAlone('authenticate') ? ([['address', config.authenticate.listen]] as const) : []),
    ['metrics_address', config.metrics?.listen],
  ]
  return listeners.flatMap(([key, address]) =>
    address?.kind === 'tcp' && address.port !== 0 ? [portCheck(key, address)] : [],
  )
}
