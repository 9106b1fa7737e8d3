import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { CertificatePair, ProxyRoute, Upstream } from '@postern/shared/config/model.ts'

/** How to reach one upstream. Equal ones share their connections. */
export interface UpstreamAddress {
  /** `http:`, `https:`, or `unix:` with the socket's path. */
  readonly url: URL
  /** TLS inside the unix socket. */
  readonly tlsInSocket: boolean
  /** HTTP/2 without TLS from the first byte. */
  readonly h2c: boolean
  readonly skipVerify: boolean
  readonly serverName: string | undefined
  /** PEM, in place of the system's authorities. */
  readonly ca: string | undefined
  /** PEM, besides the system's authorities. */
  readonly furtherCa: string | undefined
  readonly clientCertificate: CertificatePair | undefined
}

/** An address with nothing special about it. */
export function plainAddress(url: URL): UpstreamAddress {
  return {
    url,
    tlsInSocket: false,
    h2c: false,
    skipVerify: false,
    serverName: undefined,
    ca: undefined,
    furtherCa: undefined,
    clientCertificate: undefined,
  }
}

export function addressOf({ url, tlsInSocket, h2c }: Upstream, tls: ProxyRoute['upstreamTls']): UpstreamAddress {
  const { skipVerify, serverName, ca, furtherCa, clientCertificate } = tls
  return {
    url,
    tlsInSocket: tlsInSocket ?? false,
    h2c: h2c ?? false,
    skipVerify,
    serverName,
    ca,
    furtherCa,
    clientCertificate,
  }
}

/** The same for equal addresses only; without the key it may hold. */
export function keyOf({ clientCertificate, ...address }: UpstreamAddress): string {
  const identity = clientCertificate && [clientCertificate.certificate, hash('sha256', clientCertificate.key.reveal())]
  return JSON.stringify([{ ...address, url: address.url.href }, identity])
}

export function isTls({ url, tlsInSocket }: UpstreamAddress): boolean {
  return url.protocol === 'https:' || tlsInSocket
}

/** What TLS asks for and verifies: the route's name, else the host of `to`, which may be an address. */
export function serverNameOf({ url, serverName }: UpstreamAddress): string | undefined {
  if (serverName !== undefined) return serverName
  const host = url.protocol === 'unix:' ? 'localhost' : url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? host : undefined
}

export function socketPathOf({ url }: UpstreamAddress): string | undefined {
  return url.protocol === 'unix:' ? decodeURIComponent(url.pathname) : undefined
}

/** What a TLS connection there is made with. */
export function tlsOptions(address: UpstreamAddress): {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** In place of all others. */
  readonly secureContext?: SecureContext
} {
  const { ca, furtherCa, clientCertificate } = address
  const identity = clientCertificate && {
    cert: clientCertificate.certificate,
    key: clientCertificate.key.reveal(),
  }
  if (furtherCa !== undefined) return { secureContext: contextWith(furtherCa, identity) }
  return { ...(ca === undefined ? {} : { ca }), ...identity }
}

let lastMade: { readonly furtherCa: string; readonly context: SecureContext } | undefined

/** Reading all of the system's authorities takes a moment, so what most upstreams share is made once. */
function contextWith(furtherCa: string, identity: { readonly cert: string; readonly key: string } | undefined) {
  if (identity === undefined && lastMade?.furtherCa === furtherCa) return lastMade.context
  const context = createSecureContext({ ...identity, ca: [...getCACertificates('default'), furtherCa] })
  if (identity === undefined) lastMade = { furtherCa, context }
  return context
}
