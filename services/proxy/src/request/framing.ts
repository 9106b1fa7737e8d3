import { PosternError } from '@postern/shared/errors/postern-error.ts'

/** How a request's body ends. Without framing there is no body, whatever follows on the connection. */
export type BodyFraming =
  { readonly kind: 'none' } | { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' }

const none: BodyFraming = { kind: 'none' }
const chunked: BodyFraming = { kind: 'chunked' }

/**
 * RFC 9112 §6.1 to §6.3, strictly: `Transfer-Encoding` is one `chunked` on HTTP/1.1 and excludes `Content-Length`,
 * of which there is one, in digits. Node calls the request handler before it has proved any of this (case L16).
 */
export function readFraming(
  transferEncodings: readonly string[],
  contentLengths: readonly string[],
  httpVersion: string,
): BodyFraming {
  if (transferEncodings.length > 0) {
    const isSingleChunked = transferEncodings.length === 1 && transferEncodings[0]?.toLowerCase() === 'chunked'
    if (!isSingleChunked || contentLengths.length > 0 || httpVersion !== '1.1') {
      throw new PosternError('REQUEST_AMBIGUOUS', 'transfer encoding')
    }
    return chunked
  }
  const [length] = contentLengths
  if (length === undefined) return none
  if (contentLengths.length > 1 || !/^\d{1,15}$/.test(length)) {
    throw new PosternError('REQUEST_AMBIGUOUS', 'content length')
  }
  return length === '0' ? none : { kind: 'length', bytes: Number(length) }
}
