import { unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'

/**
 * Removes a socket file that a killed process left behind. One that somebody still answers on is left alone, so that
 * binding to it fails loudly.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') await unlink(path)
  } finally {
    socket.destroy()
  }
}
