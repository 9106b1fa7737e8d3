import { describeListenAddress } from '../listen-address.ts'
import type { ListenAddress } from '../listen-address.ts'
import type { MetricsConfig } from '../metrics-config.ts'
import type { AuthenticateConfig, AuthorizeConfig, ProxyConfig } from '../model.ts'
import type { Assembly } from '../settings/assembly.ts'

export interface Slices {
  readonly proxy: ProxyConfig | undefined
  readonly authorize: AuthorizeConfig | undefined
  readonly authenticate: AuthenticateConfig | undefined
}

/** Metrics have a listener of their own: never the public one, where people and their applications are (SEC-05). */
export function checkMetricsAddress(metrics: MetricsConfig | undefined, slices: Slices, assembly: Assembly): void {
  if (metrics === undefined) return
  for (const [key, address] of listenersOf(slices, assembly)) {
    if (address === undefined || !overlap(metrics.listen, address)) continue
    const where = describeListenAddress(address)
    assembly.report.error(['metrics_address'], `${key} listens there already (${where}); give it a port of its own`)
    return
  }
}

type Listener = readonly [key: string, address: ListenAddress | undefined]

function listenersOf({ proxy, authorize, authenticate }: Slices, { allInOne, given }: Assembly): Listener[] {
  const publicKey = given('address') ? 'address' : 'the public listener'
  return [
    [publicKey, proxy?.listen],
    ['http_redirect_addr', proxy?.redirectListen],
    ['health_check_addr', (proxy ?? authorize ?? authenticate)?.healthListen],
    // In one process these two are sockets that nobody configures.
    ...(allInOne
      ? []
      : [
          [publicKey, authenticate?.listen] as const,
          ['grpc_address', (authorize ?? authenticate)?.grpc.listen] as const,
        ]),
  ]
}

const anyHost: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

function overlap(one: ListenAddress, other: ListenAddress): boolean {
  if (one.kind === 'unix' || other.kind === 'unix') {
    return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path
  }
  if (one.port !== other.port || one.port === 0) return false
  return one.host === other.host || anyHost.has(one.host) || anyHost.has(other.host)
}
