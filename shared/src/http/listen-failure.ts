import { describeListenAddress, type ListenAddress } from '../config/listen-address.ts'
import { PosternError } from '../errors/postern-error.ts'

const why: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken',
  EACCES: 'is not for this user: ports below 1024 need root',
  EADDRNOTAVAIL: 'is no address of this machine',
  ENOTFOUND: 'names a host that is not known here',
}

/**
 * What keeps a server from listening, as an operator can use it. `keys` names the configuration keys that say where to
 * listen. Without a cause: the sentence holds all that the system said.
 */
export function listenFailure(cause: unknown, address: ListenAddress, keys: string): PosternError {
  const code = systemCodeOf(cause)
  const place = `the address ${describeListenAddress(address)}`
  if (code === undefined) return new PosternError('CONFIG_INVALID', `cannot listen on ${place}`, { cause })
  const sentence =
    code === 'EACCES' && address.kind === 'unix' ? 'may not be written to' : (why[code] ?? 'cannot be had')
  return new PosternError('CONFIG_INVALID', `${place} ${sentence} (${code}); set ${keys}`)
}

/** grpc-js has no code for it: the system's words stand in its message. */
function systemCodeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if ('code' in cause && typeof cause.code === 'string') return cause.code
  return /\bE[A-Z]{4,}\b/.exec(cause.message)?.[0]
}
