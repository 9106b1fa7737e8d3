import { connect, type Socket } from 'node:net'

/** One frame, byte for byte (RFC 9113 §4.1). */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const flags = { none: 0, endStream: 1, ack: 1, endHeaders: 4 } as const

export function frame(type: number, frameFlags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(frameFlags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Name, value, …, as literals that are not indexed (RFC 7541 §6.2.2): every byte as it is given. */
export function headerBlock(...list: string[]): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < list.length; at += 2) {
    parts.push(Buffer.from([0]), literal(list[at] ?? ''), literal(list[at + 1] ?? ''))
  }
  return Buffer.concat(parts)
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([prefixedInteger(bytes.length), bytes])
}

/** RFC 7541 §5.1, in seven bits. */
function prefixedInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** What anybody takes in one frame. */
const maxFrame = 16_384

/** A client that sends exactly the frames it is given, after the preface and empty SETTINGS. */
export class RawHttp2 implements Disposable {
  readonly socket: Socket
  readonly frames: Frame[] = []
  ended = false
  #pending = Buffer.alloc(0)
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.ended = true
      this.#wake()
    })
    this.socket.on('data', (chunk) => this.#read(chunk))
    this.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameTypes.settings, flags.none, 0))
  }

  send(...bytes: Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(bytes))
  }

  /** HEADERS of a request, and CONTINUATION where they are long, ending the stream unless told otherwise. */
  request(stream: number, block: Buffer, frameFlags: number = flags.endStream | flags.endHeaders): void {
    if (block.length <= maxFrame) {
      this.send(frame(frameTypes.headers, frameFlags, stream, block))
      return
    }
    this.send(frame(frameTypes.headers, frameFlags & ~flags.endHeaders, stream, block.subarray(0, maxFrame)))
    this.send(frame(frameTypes.continuation, flags.endHeaders, stream, block.subarray(maxFrame)))
  }

  of(type: number, stream: number): Frame | undefined {
    return this.frames.find((candidate) => candidate.type === type && candidate.stream === stream)
  }

  /** How a stream ended: its status, or `reset N`; or how the connection did: `go away N`, or `closed`. */
  async outcome(stream: number): Promise<string> {
    const told = (): string | undefined => {
      const headers = this.of(frameTypes.headers, stream)
      if (headers !== undefined) return statusIn(headers.payload)
      const reset = this.of(frameTypes.reset, stream)
      if (reset !== undefined) return `reset ${String(reset.payload.readUInt32BE(0))}`
      const goAway = this.frames.find(
        ({ type, payload }) => type === frameTypes.goAway && payload.readUInt32BE(4) !== 0,
      )
      if (goAway !== undefined) return `go away ${String(goAway.payload.readUInt32BE(4))}`
      return this.ended ? 'closed' : undefined
    }
    await this.until(() => told() !== undefined)
    return told() ?? ''
  }

  async until(holds: () => boolean, withinMs = 5000): Promise<void> {
    const deadline = AbortSignal.timeout(withinMs)
    while (!holds()) {
      deadline.throwIfAborted()
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 9) {
      const end = 9 + this.#pending.readUIntBE(0, 3)
      if (this.#pending.length < end) break
      const [type, frameFlags] = [this.#pending.readUInt8(3), this.#pending.readUInt8(4)]
      const stream = this.#pending.readUInt32BE(5)
      this.frames.push({ type, flags: frameFlags, stream, payload: this.#pending.subarray(9, end) })
      this.#pending = this.#pending.subarray(end)
      if (type === frameTypes.settings && (frameFlags & flags.ack) === 0) {
        this.send(frame(frameTypes.settings, flags.ack, 0))
      }
    }
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** The statuses that HPACK knows by number (RFC 7541, appendix A), from index 8 on. */
const indexedStatuses = ['200', '204', '206', '304', '400', '404', '500']

/** `:status` comes first: indexed, or three digits, which Huffman code would not make shorter. */
function statusIn(block: Buffer): string {
  const [first = 0] = block
  return indexedStatuses[first - 0x88] ?? block.toString('latin1', 2, 5)
}
