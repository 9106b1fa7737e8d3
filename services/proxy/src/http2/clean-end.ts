import type { Http2Stream } from 'node:http2'

/**
 * Whether the other side has ended its half of a stream by itself. Node also ends the readable side of a stream that was
 * reset with `NO_ERROR`, and a broken body must never pass for a whole one (RFC 9113 §8.1, security cases REL-L4, REL-M1).
 * To be called before anything of the stream is read, and while it is open.
 */
export function watchForEnd(stream: Http2Stream): () => boolean {
  // A short request may be here as a whole before anybody hears of it.
  let hasEnded = stream.endAfterHeaders || stream.state.remoteClose === 1
  const push = stream.push.bind(stream)
  // A reset closes the stream before its end is put into the queue; END_STREAM comes while it is open.
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !stream.closed) hasEnded = true
    return push(chunk, encoding)
  }
  return () => hasEnded
}
