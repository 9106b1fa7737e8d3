import { isLoopbackHost } from '../web/loopback-host.ts'

/** What we need of the platform's fetch. */
export type Fetch = (url: string, options: FetchOptions) => Promise<Response>

export interface FetchOptions {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: FetchRequestBody
  readonly redirect: 'manual'
  readonly signal?: AbortSignal
}

type FetchRequestBody = ArrayBuffer | null | ReadableStream | string | Uint8Array | undefined | URLSearchParams

export interface FetchBounds {
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** The time of one call to the IdP, its body included. */
export const idpTimeoutMs = 8_000

/** No answer of an IdP is larger, 5,000 groups included. */
export const maxIdpAnswerBytes = 1_048_576

/**
 * A fetch with a deadline over headers and body, a size cap and no redirects; plain HTTP only towards loopback. The
 * library's own has thirty seconds and no cap (OIDC-16).
 */
export function boundedFetch(bounds: FetchBounds, send: typeof fetch = fetch): Fetch {
  return async (url, options) => {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname))) {
      throw new TypeError(`${protocol} is not allowed here`)
    }
    const deadline = AbortSignal.timeout(bounds.timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
    const init = { method: options.method, headers: options.headers, redirect: 'manual' as const, signal }
    const response = await send(url, {
      ...init,
      ...(options.body === undefined || options.body === null
        ? {}
        : { body: options.body as NonNullable<RequestInit['body']> }),
    })
    const body = await readAtMost(response, bounds.maxBytes)
    return new Response(hasBody(response.status) ? body : null, {
      status: response.status,
      headers: withoutCoding(response.headers),
    })
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (response.body) {
    // Leaving the loop cancels the body, so an endless one is not read to its end.
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength
      if (size > maxBytes) throw new RangeError(`the answer is larger than ${String(maxBytes)} bytes`)
      chunks.push(chunk)
    }
  }
  return Buffer.concat(chunks, size)
}

// The body above is already decoded and measured.
function withoutCoding(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) kept.delete(name)
  return kept
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304
}
