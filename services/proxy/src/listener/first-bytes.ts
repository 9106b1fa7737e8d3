import type { Socket } from 'node:net'

/** How every HTTP/2 connection begins (RFC 9113 §3.4). No HTTP/1.1 request does. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export interface Protocols {
  readonly http1: (socket: Socket) => void
  readonly http2: (socket: Socket) => void
}

/**
 * Hands a connection without TLS to the protocol that its first bytes speak; the bytes are still there to be read. One
 * that says nothing within `timeoutMs` is ended.
 */
export function byFirstBytes(socket: Socket, { http1, http2 }: Protocols, timeoutMs: number): void {
  const destroy = (): void => void socket.destroy()
  const timer = setTimeout(destroy, timeoutMs)
  let received: Buffer = Buffer.alloc(0)
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const known = Math.min(received.length, preface.length)
    const isPreface = received.subarray(0, known).equals(preface.subarray(0, known))
    if (isPreface && known < preface.length) return
    clearTimeout(timer)
    socket.off('readable', onReadable).off('end', destroy).off('error', destroy).off('close', onClose)
    socket.unshift(received)
    if (isPreface && known === preface.length) http2(socket)
    else http1(socket)
  }
  const onClose = (): void => clearTimeout(timer)
  socket.on('error', destroy).on('end', destroy).on('close', onClose).on('readable', onReadable)
}
