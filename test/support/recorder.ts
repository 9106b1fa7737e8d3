import { createServer, type Server, type Socket } from 'node:net'
import { listen } from '@postern/shared/http/listen.ts'

export type Reply = (request: RecordedRequest, socket: Socket) => void

/** One request as a strict reader of RFC 9112 finds it in the bytes. */
export interface RecordedRequest {
  readonly line: string
  readonly method: string
  readonly target: string
  /** In order, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** All values of a name, in any case. */
  values(name: string): readonly string[]
}

/** An upstream that keeps every byte and parses by itself, so that nothing a client library normalises is lost. */
export class Recorder implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly requests: RecordedRequest[] = []
  /** How each request is answered; can be replaced by a test. */
  reply: Reply = ok
  bytes = Buffer.alloc(0)
  port = 0
  connections = 0
  closed = 0
  #isPaused = false
  #waiting: (() => void)[] = []

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(): Promise<Recorder> {
    const recorder = new Recorder()
    const address = await listen(recorder.#server, { kind: 'tcp', host: '127.0.0.1', port: 0 })
    if (address.kind === 'tcp') recorder.port = address.port
    return recorder
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}`)
  }

  /** Forgets what it saw and how it answered. */
  reset(): void {
    this.requests.length = 0
    this.bytes = Buffer.alloc(0)
    this.reply = ok
  }

  /** Resolves when `holds` does; checked whenever something arrives or goes. */
  async until(holds: () => boolean, withinMs = 3000): Promise<void> {
    const deadline = AbortSignal.timeout(withinMs)
    while (!holds()) {
      deadline.throwIfAborted()
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Writes to everybody who is connected, whether or not a request is complete. */
  answerAll(bytes: string): void {
    for (const socket of this.#sockets) socket.write(bytes)
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#isPaused = true
    for (const socket of this.#sockets) socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const socket of this.#sockets) socket.resume()
  }

  get open(): number {
    return this.#sockets.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    this.connections += 1
    this.#sockets.add(socket)
    let pending = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.closed += 1
      this.#wake()
    })
    if (this.#isPaused) setImmediate(() => socket.pause())
    socket.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk])
      pending = Buffer.concat([pending, chunk])
      for (let parsed = parse(pending); parsed !== undefined; parsed = parse(pending)) {
        pending = pending.subarray(parsed.length)
        this.requests.push(parsed.request)
        this.reply(parsed.request, socket)
      }
      this.#wake()
    })
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

export const ok: Reply = (_request, socket) => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')
}

function parse(bytes: Buffer): { request: RecordedRequest; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((header) => {
    const colon = header.indexOf(':')
    return [header.slice(0, colon), header.slice(colon + 1).trim()] as const
  })
  const values = (name: string): string[] =>
    headers.filter(([sent]) => sent.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  const body = readBody(bytes, end + 4, values)
  if (body === undefined) return undefined
  const [method = '', target = ''] = line.split(' ')
  return { request: { line, method, target, headers, body: body.body, values }, length: body.end }
}

function readBody(
  bytes: Buffer,
  start: number,
  values: (name: string) => string[],
): { body: Buffer; end: number } | undefined {
  if (values('transfer-encoding').length === 0) {
    const end = start + Number(values('content-length')[0] ?? 0)
    return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end }
  }
  const chunks: Buffer[] = []
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return undefined
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
    if (size === 0) return { body: Buffer.concat(chunks), end: at }
  }
}
