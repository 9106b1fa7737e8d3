import { PosternError } from '@postern/shared/errors/postern-error.ts'

/** How a request's body ends. Without framing there is no body, whatever follows on the connection. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  /** Of no declared length: in chunks, or to the end of an HTTP/2 stream. */
  | { readonly kind: 'chunked' }

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

/** Over HTTP/2 a stream ends by itself (RFC 9113 §8.1); a length is only a promise, and whoever breaks it is reset. */
export function readStreamFraming(
  transferEncodings: readonly string[],
  contentLengths: readonly string[],
  hasBody: boolean,
): BodyFraming {
  if (transferEncodings.length > 0) throw new PosternError('REQUEST_AMBIGUOUS', 'transfer encoding')
  const declared = readFraming([], contentLengths, '2')
  if (!hasBody) {
    if (declared.kind === 'length') throw new PosternError('REQUEST_AMBIGUOUS', 'content length')
    return none
  }
  return contentLengths.length === 0 ? chunked : declared
}
