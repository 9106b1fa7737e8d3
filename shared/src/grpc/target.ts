import { isIP } from 'node:net'
import type { ListenAddress } from '../config/listen-address.ts'
import type { GrpcTarget } from '../config/model.ts'

/** A gRPC target in parts. */
export type ParsedTarget =
  | { readonly kind: 'unix'; readonly path: string }
  /** An IP address without brackets, or a name to look up. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** Reads `unix:/path`, `unix:///path`, `dns:///host:port`, `dns:host:port`, `ipv4:1.2.3.4:5`, `ipv6:[::1]:5` and `host:port`. */
export function parseTarget(target: GrpcTarget): ParsedTarget | undefined {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(target)?.[1]
  if (unix !== undefined) return { kind: 'unix', path: unix }
  const authority = target.replace(/^(?:dns:(?:\/\/[^/]*\/)?|ipv4:|ipv6:)/, '')
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(authority) ?? []
  const host = bracketed ?? plain
  return host === undefined ? undefined : { kind: 'tcp', host, port: Number(port) }
}

/** The form `@grpc/grpc-js` takes, from parts. */
export function formatTarget(parts: ParsedTarget): GrpcTarget {
  if (parts.kind === 'unix') return `unix:${parts.path}`
  const version = isIP(parts.host)
  if (version === 0) return `dns:///${parts.host}:${parts.port}`
  return version === 4 ? `ipv4:${parts.host}:${parts.port}` : `ipv6:[${parts.host}]:${parts.port}`
}

/** The target at which a server that listens there is reached from this machine. */
export function targetOf(address: ListenAddress): GrpcTarget {
  return formatTarget(address)
}

/** Whether this never leaves the machine: a unix socket or loopback. */
export function isLocal(parts: ParsedTarget | ListenAddress): boolean {
  if (parts.kind === 'unix') return true
  return parts.host === 'localhost' || parts.host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(parts.host)
}
