import type { Server, ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { createServer as createPlainServer } from '@postern/shared/http/node-http.ts'
import type { ProxyConfig, ServerTls } from '@postern/shared/config/model.ts'
import type { ClientCertificatesConfig } from '@postern/shared/config/client-certificates.ts'
import { ServerCertificates } from '@postern/shared/http/server-certificates.ts'
import { listenerOptions, verifyingContext } from '../client-certificate/client-certificates.ts'
import { connectionEvent } from './connection-event.ts'
import { byFirstBytes } from './first-bytes.ts'

/** Longer than Google's front end keeps a connection (600 s): the side that closes second never races a request. */
const longerThanGoogleMs = 620_000
/** Time for a whole header block; a client that sends one byte at a time is ended (security case DOS-01). */
const maxHeadersTimeoutMs = 30_000
const connectionsCheckingIntervalMs = 5_000

export type Listener = Server & {
  /** With TLS: later connections get these certificates, and show theirs to these authorities. */
  readonly replaceCertificates?: (tls: ServerTls, clients: ClientCertificatesConfig | undefined) => void
}

/**
 * An HTTP/1.1 server (HTTP/2 is added to it) with every setting that matters said aloud: node's defaults cut long uploads at five minutes, drop
 * headers above a count and close idle connections under the platform's hands (`reference/deploy.md` §3, case L3).
 */
export function createListener(config: ProxyConfig): Listener {
  const { limits, tls, clientCertificates } = config
  const options: ServerOptions = {
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: idleTimeoutOf(config),
    headersTimeout: headersTimeoutOf(config),
    connectionsCheckingInterval: connectionsCheckingIntervalMs,
    // Bodies are bounded by idle time, not by total time: an upload may take an hour.
    requestTimeout: 0,
    requireHostHeader: false,
    noDelay: true,
    // Only exactly `websocket` is ever upgraded; other offers are ignored, as RFC 9110 §7.8 lets a server.
    shouldUpgradeCallback: (request) =>
      request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket',
  }
  const server: Listener =
    tls === undefined ? createPlainServer(options) : createTlsListener(options, tls, clientCertificates)
  // No limit here means no silent truncation; we count ourselves and the size is bounded.
  server.maxHeadersCount = 0
  server.timeout = 0
  return server
}

/** For the header block of a request, and for the first one to begin. */
export function headersTimeoutOf({ timeouts }: Pick<ProxyConfig, 'timeouts'>): number {
  return timeouts.readMs > 0 ? Math.min(timeouts.readMs, maxHeadersTimeoutMs) : maxHeadersTimeoutMs
}

/**
 * Lets `accept` have the connections that speak HTTP/2: with TLS what ALPN agreed on (RFC 9113 §3.2), without TLS what
 * the client begins with (prior knowledge, §3.3). Before anything else listens for connections.
 */
export function addHttp2(server: Listener, accept: (socket: Socket) => void, firstBytesTimeoutMs: number): void {
  const event = connectionEvent(server)
  const [http1] = server.listeners(event)
  server.removeAllListeners(event)
  const protocols = { http1: (socket: Socket): void => void http1?.call(server, socket), http2: accept }
  if (event === 'connection') {
    server.on(event, (socket: Socket) => byFirstBytes(socket, protocols, firstBytesTimeoutMs))
    return
  }
  server.on(event, (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') protocols.http2(socket)
    else protocols.http1(socket)
  })
}

/**
 * `timeout_idle`, where clients come themselves. Without TLS of our own something stands in front and keeps connections
 * for later use: that has to be the side that closes.
 */
export function idleTimeoutOf({ tls, timeouts }: Pick<ProxyConfig, 'tls' | 'timeouts'>): number {
  return tls === undefined && timeouts.idleMs > 0 ? Math.max(timeouts.idleMs, longerThanGoogleMs) : timeouts.idleMs
}

function createTlsListener(
  options: ServerOptions,
  tls: ServerTls,
  clients: ClientCertificatesConfig | undefined,
): Listener {
  const certificates = new ServerCertificates(tls, verifyingContext(clients))
  const server = createTlsServer({
    ...options,
    ...listenerOptions(clients),
    ...verifyingContext(clients),
    ...tlsOptions(tls),
    SNICallback: certificates.find,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: maxHeadersTimeoutMs,
  })
  return Object.assign(server, {
    replaceCertificates: (next: ServerTls, nextClients: ClientCertificatesConfig | undefined) => {
      const verifying = verifyingContext(nextClients)
      certificates.replace(next, verifying)
      server.setSecureContext({ ...verifying, ...tlsOptions(next) })
    },
  })
}

/** For clients that do not say which name they want. */
function tlsOptions({ certificates: [first] }: ServerTls): SecureContextOptions {
  return { cert: first.certificate, key: first.key.reveal(), minVersion: 'TLSv1.2' }
}
