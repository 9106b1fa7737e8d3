import { isLoopbackHost } from '../config/listen-address.ts'

export interface FetchTextOptions {
  /** For the whole answer, its body included. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly headers?: Readonly<Record<string, string>>
  /** Plain HTTP is for loopback alone, unless a platform has an address of its own for it. */
  readonly plainHttpHost?: string
  readonly send?: typeof fetch
}

/**
 * The body of a `GET` that was answered with 200, as text: no redirects, no more than `maxBytes`.
 * @throws whatever went wrong; the message names the host and holds nothing of the body
 */
export async function fetchText(url: URL, options: FetchTextOptions): Promise<string> {
  const { timeoutMs, maxBytes, headers = {}, plainHttpHost, send = fetch } = options
  const mayBePlain = isLoopbackHost(url.hostname) || url.host === plainHttpHost
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain)) {
    throw new TypeError(`${url.protocol} is not allowed towards ${url.host}`)
  }
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await send(url, { headers: { ...headers }, redirect: 'manual', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new HttpStatusError(`${url.host} answered ${String(response.status)}`, response.status)
  }
  return readAtMost(response, maxBytes, url.host)
}

export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError'
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

async function readAtMost(response: Response, maxBytes: number, host: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the body, so an endless one is not read to its end.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) throw new RangeError(`the answer of ${host} is larger than ${String(maxBytes)} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}
