import { connect, type Socket } from 'node:net'

/** What came back on one connection, byte for byte. */
export interface RawAnswer {
  readonly text: string
  readonly status: number
  /** The server ended the connection. */
  readonly closed: boolean
  /** Statuses of all responses on it, in order. */
  readonly statuses: readonly number[]
}

/** A client that sends exactly the bytes it is given. */
export class RawClient implements Disposable {
  readonly socket: Socket
  #received = ''
  #ended = false
  #waiting: (() => void)[] = []

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('error', () => this.#end())
    this.socket.on('close', () => this.#end())
    this.socket.on('end', () => this.#end())
    this.socket.on('data', (text: string) => {
      this.#received += text
      this.#wake()
    })
  }

  get text(): string {
    return this.#received
  }

  get ended(): boolean {
    return this.#ended
  }

  send(bytes: string | Buffer): void {
    if (this.socket.writable) this.socket.write(bytes, 'latin1')
  }

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

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #end(): void {
    this.#ended = true
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Sends bytes on a fresh connection; waits for `responses` answers, or for the server to end the connection. */
export async function sendRaw(port: number, bytes: string | Buffer, responses = 1): Promise<RawAnswer> {
  using client = new RawClient(port)
  client.send(bytes)
  await client.until(() => client.ended || completeResponses(client.text) >= responses)
  const statuses = statusesIn(client.text)
  if (/^connection: close\r$/im.test(client.text)) await client.until(() => client.ended)
  return { text: client.text, status: statuses[0] ?? 0, closed: client.ended, statuses }
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status >= 200)
}

/** Counts the responses whose body is all there; bodies of tests hold no status line. */
function completeResponses(text: string): number {
  let complete = 0
  for (const part of text.split(/(?=HTTP\/1\.1 \d{3} )/)) {
    const end = part.indexOf('\r\n\r\n')
    if (end === -1 || part.startsWith('HTTP/1.1 1')) continue
    const length = /^content-length: (\d+)/im.exec(part.slice(0, end))?.[1]
    const isComplete = length === undefined ? part.endsWith('0\r\n\r\n') : part.length >= end + 4 + Number(length)
    if (isComplete || /^HTTP\/1\.1 (204|304)/.test(part)) complete += 1
  }
  return complete
}
