import { unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import type { ListenAddress } from '../config/listen-address.ts'
import { listenFailure } from './listen-failure.ts'

/**
 * Starts listening and gives the real address: port 0 becomes the one the system chose. Rejects with `CONFIG_INVALID`
 * when the address cannot be had, and names the configuration `keys` that say where to listen. A socket file that a dead process left behind is removed, a living one is not.
 */
export async function listen(
  server: Server,
  address: ListenAddress,
  keys = '`address` or PORT',
): Promise<ListenAddress> {
  try {
    await openAnew(server, address)
  } catch (error) {
    throw listenFailure(error, address, keys)
  }
  const bound = server.address()
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address
  return { kind: 'tcp', host: address.host, port: bound.port }
}

async function openAnew(server: Server, address: ListenAddress): Promise<void> {
  try {
    await open(server, address)
  } catch (error) {
    if (address.kind !== 'unix' || !isAddressInUse(error) || (await isAnswered(address.path))) throw error
    await unlink(address.path)
    await open(server, address)
  }
}

function open(server: Server, address: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = connect({ path })
  probe.once('connect', () => resolve(true))
  probe.once('error', () => resolve(false))
  return promise.finally(() => probe.destroy())
}
