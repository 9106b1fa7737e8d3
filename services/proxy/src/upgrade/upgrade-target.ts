import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'http-proxy'
import type { UpstreamAddress } from '../forward/upstream-pools.ts'

const connectTimeoutMs = 5_000

/** How `http-proxy` reaches an upstream: the same addresses and the same TLS rules as for plain requests. */
export function upgradeTarget({ url, skipVerify, serverName, caFile }: UpstreamAddress): ServerOptions {
  const isTls = url.protocol === 'https:'
  const target =
    url.protocol === 'unix:'
      ? { protocol: 'http:', host: 'localhost', port: 80, socketPath: decodeURIComponent(url.pathname) }
      : new URL(`${url.protocol}//${url.hostname === 'localhost' ? '127.0.0.1' : url.hostname}:${portOf(url)}`)
  return {
    target,
    secure: !skipVerify,
    connectTimeout: connectTimeoutMs,
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
    ...(isTls ? { ssl: { servername: serverName ?? url.hostname } } : {}),
  }
}

function portOf(url: URL): string {
  return url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
}
