import type { ServerOptions } from 'http-proxy'
import { isTls, serverNameOf, socketPathOf, tlsOptions, type UpstreamAddress } from '../forward/upstream-address.ts'

const connectTimeoutMs = 5_000

/** How `http-proxy` reaches an upstream: the same addresses and the same TLS rules as for plain requests. */
export function upgradeTarget(address: UpstreamAddress): ServerOptions {
  const { url, skipVerify } = address
  const withTls = isTls(address)
  const { ca, secureContext, ...identity } = tlsOptions(address)
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname
  const socketPath = socketPathOf(address)
  const place = socketPath === undefined ? { host, port: portOf(url) } : { host: 'localhost', port: 80, socketPath }
  return {
    // The library takes the client certificate from here, and the authorities and the name from beside it.
    target: { protocol: withTls ? 'https:' : 'http:', ...place, ...identity },
    secure: !skipVerify,
    connectTimeout: connectTimeoutMs,
    ...(ca === undefined ? {} : { ca }),
    ...(withTls ? { ssl: { servername: serverNameOf(address) ?? '', ...(secureContext && { secureContext }) } } : {}),
  }
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}
