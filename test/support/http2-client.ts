import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'

export interface Http2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
}

export interface Http2ClientOptions {
  /** PEM of the authority; with it, TLS, and ALPN offers HTTP/2 alone. */
  readonly ca?: string
  /** What TLS asks for; default: `app.test`. */
  readonly servername?: string
}

/** One HTTP/2 connection to this machine, as a well-behaved client has it. */
export class Http2Client implements Disposable {
  readonly session: ClientHttp2Session
  goAways = 0

  constructor(port: number, { ca, servername = 'app.test' }: Http2ClientOptions = {}) {
    this.session =
      ca === undefined
        ? connect(`http://127.0.0.1:${String(port)}`)
        : connect(`https://127.0.0.1:${String(port)}`, { ca, servername })
    this.session.on('error', () => undefined)
    this.session.on('goaway', () => (this.goAways += 1))
  }

  /** A request whose body is still to be written, and ended, by the caller; rejects when the stream is reset. */
  open(headers: Readonly<Record<string, string | string[]>>): {
    stream: ClientHttp2Stream
    answer: Promise<Http2Answer>
  } {
    const stream = this.session.request(
      { ':method': 'GET', ':path': '/', ':authority': 'app.test', ...headers },
      { endStream: false },
    )
    return { stream, answer: answerOf(stream) }
  }

  ask(headers: Readonly<Record<string, string | string[]>> = {}, body?: string): Promise<Http2Answer> {
    const { stream, answer } = this.open(headers)
    stream.end(body)
    return answer
  }

  [Symbol.dispose](): void {
    this.session.destroy()
  }
}

/** The whole answer; rejects with `ResetError` where it breaks off. */
function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Http2Answer>()
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let body = ''
  stream.on('error', () => undefined)
  stream.once('response', (received) => (headers = received))
  stream.once('trailers', (received) => (trailers = received))
  stream.setEncoding('latin1').on('data', (text: string) => (body += text))
  stream.once('close', () => {
    if (stream.rstCode !== 0 || headers[':status'] === undefined) reject(new ResetError(stream.rstCode, body))
    else resolve({ status: Number(headers[':status']), headers, body, trailers })
  })
  // Whoever only looks at the stream does not have to look at this.
  promise.catch(() => undefined)
  return promise
}

export class ResetError extends Error {
  readonly rstCode: number
  /** What came before. */
  readonly body: string

  constructor(rstCode: number | undefined, body: string) {
    super(`reset with code ${String(rstCode)}`)
    this.rstCode = rstCode ?? 0
    this.body = body
  }
}
