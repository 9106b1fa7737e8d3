import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { FoundAddress, Lookup } from './lookup.ts'

/** How far it went. */
export type Step = 'dns' | 'tcp' | 'tls' | 'http'

export interface Failed {
  readonly kind: 'failed'
  readonly step: Step
  /** A Node or OpenSSL error code, or `timeout`. */
  readonly code: string
  /** What was connected to, as far as that is known. */
  readonly addresses: readonly string[]
  /** Of a certificate that is no good. */
  readonly certificate?: PeerCertificate
}

export interface Connected {
  readonly kind: 'connected'
  readonly socket: Socket
  readonly addresses: readonly string[]
  readonly certificate: PeerCertificate | undefined
}

export interface Destination {
  /** A name, an IP address, or the path of a unix socket where there is no port. */
  readonly host: string
  readonly port?: number
  /** Left out: no TLS. */
  readonly tls?: {
    readonly serverName?: string | undefined
    readonly ca?: string | undefined
    readonly skipVerify?: boolean
    readonly clientCertificate?: { readonly certificate: string; readonly key: string }
  }
}

export interface ConnectDeps {
  readonly lookup: Lookup
  readonly signal: AbortSignal
}

/**
 * Opens a connection step by step, so that a failure says where it happened. A certificate that does not hold is a failure:
 * nothing is ever said to a peer that is not who it should be, unless the route says not to look.
 */
export async function connect(destination: Destination, deps: ConnectDeps): Promise<Connected | Failed> {
  const { host, port, tls } = destination
  const found = await addressesOf(destination, deps)
  if (!Array.isArray(found)) return found
  const addresses = found.map(({ address }) => address)
  const failed = (step: Step, error: unknown): Failed => ({ kind: 'failed', step, code: codeOf(error), addresses })
  const raw =
    port === undefined
      ? connectTcp({ path: host })
      : connectTcp({ host, port, lookup: (_name, _options, answer) => answer(null, found) })
  try {
    await opened(raw, 'connect', deps.signal)
  } catch (error) {
    return failed('tcp', error)
  }
  if (tls === undefined) return { kind: 'connected', socket: raw, addresses, certificate: undefined }
  const secure = connectTls(tlsOptions(raw, host, tls))
  try {
    await opened(secure, 'secureConnect', deps.signal)
  } catch (error) {
    raw.destroy()
    return failed('tls', error)
  }
  const certificate = secure.getPeerCertificate()
  if (secure.authorized || tls.skipVerify === true) return { kind: 'connected', socket: secure, addresses, certificate }
  const why = authorizationCode(secure)
  secure.destroy()
  return { kind: 'failed', step: 'tls', code: why, addresses, certificate }
}

async function addressesOf(
  { host, port }: Destination,
  { lookup, signal }: ConnectDeps,
): Promise<FoundAddress[] | Failed> {
  if (port === undefined) return []
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) return [{ address: bare, family: isIP(bare) }]
  try {
    return [...(await unlessAborted(lookup(bare), signal))]
  } catch (error) {
    return { kind: 'failed', step: 'dns', code: codeOf(error), addresses: [] }
  }
}

/** Verification is Node's own; it is only told not to hang up, so that we can say what is wrong with the certificate. */
function tlsOptions(socket: Socket, host: string, tls: NonNullable<Destination['tls']>): ConnectionOptions {
  const name = tls.serverName ?? host
  const { clientCertificate } = tls
  return {
    socket,
    ...(isIP(name) === 0 ? { servername: name } : { host: name }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  }
}

function authorizationCode({ authorizationError }: TLSSocket): string {
  const error: unknown = authorizationError
  return typeof error === 'string' ? error : codeOf(error)
}

async function opened(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  socket.once(event, () => resolve(undefined))
  socket.on('error', reject)
  socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  try {
    await unlessAborted(promise, signal)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** What `work` resolves to, or a rejection with the code `timeout` as soon as the signal is aborted. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = (): void => reject(Object.assign(new Error('no answer in time'), { code: 'timeout' }))
  if (signal.aborted) late()
  signal.addEventListener('abort', late, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', late)
    work.catch(() => undefined) // nobody listens to what comes after the deadline
  }
}

/** The code in an error of Node's; of several attempts, that of the first. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}
