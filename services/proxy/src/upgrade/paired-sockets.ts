import type { Socket } from 'node:net'
import { closeFrame } from './close-frame.ts'

/** When one side has ended, the other gets this long to do the same. */
const lingerMs = 800

/** Neither socket outlives the other, however it went: end, reset or error. Resolves when both are gone. */
export function closeTogether(a: Socket, b: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const destroyBoth = (): void => {
    a.destroy()
    b.destroy()
  }
  const oneEnded = (): void => {
    timer ??= setTimeout(destroyBoth, lingerMs)
  }
  for (const socket of [a, b]) {
    socket.on('error', destroyBoth)
    socket.once('end', oneEnded)
    socket.once('close', () => {
      if (!a.destroyed || !b.destroyed) {
        oneEnded()
        return
      }
      clearTimeout(timer)
      resolve()
    })
  }
  return promise
}

/** Tells the client why, ends it, and cuts the upstream off at once: nothing more may flow on a lost decision. */
export function endTogether(client: Socket, upstream: Socket, code: number): void {
  upstream.unpipe(client)
  client.unpipe(upstream)
  upstream.destroy()
  client.end(closeFrame(code))
  // Whoever does not read its close frame is not waited for.
  const timer = setTimeout(() => client.destroy(), lingerMs)
  client.once('close', () => clearTimeout(timer))
  client.resume()
}
