import { EventEmitter } from 'node:events'
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { validateHeaderName, validateHeaderValue } from '@postern/shared/http/node-http.ts'
import { connectionHeaders } from '../http2/connection-headers.ts'
import type { DownstreamResponse } from './downstream.ts'

/** Answers without a body, whatever their headers say (RFC 9110 §6.4.1). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])
/** How long a client may take to fetch the last bytes of an answer that is complete here. */
const maxTailMs = 120_000
/** How often it is looked whether the end of an answer has left. Mostly it has at once. */
const stopPollMs = 20

/** The answer to a request that came as an HTTP/2 stream. Emits `drain`, and `close` once: complete, or broken off. */
export class Http2Response extends EventEmitter implements DownstreamResponse {
  statusCode = 200
  headersSent = false
  destroyed = false
  writableFinished = false
  readonly #stream: ServerHttp2Stream
  readonly #isHead: boolean
  #headers: string[] = []
  #isHeadOnTheWire = false
  #isBodiless = false
  #trailers: readonly string[] = []
  #hasEnded = false
  #tailTimer: NodeJS.Timeout | undefined

  constructor(stream: ServerHttp2Stream, isHead: boolean) {
    super()
    this.#stream = stream
    this.#isHead = isHead
    // What went wrong shows in how the stream closes.
    stream.on('error', () => undefined)
    stream.on('drain', () => this.emit('drain'))
    stream.on('finish', () => {
      if (this.#hasEnded && this.#isHeadOnTheWire) this.#finish()
    })
    stream.once('close', () => {
      if (this.#hasEnded && stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR) this.#finish()
      else this.#close()
    })
  }

  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): this {
    if (status < 200 || status > 599) throw new StatusError(`HTTP/2 has no status ${status}`)
    this.statusCode = status
    this.#headers = validated(Array.isArray(headers) ? headers : Object.entries(headers).flat())
    this.headersSent = true
    return this
  }

  flushHeaders(): void {
    this.#sendHead(false)
  }

  writeContinue(): void {
    if (!this.#stream.destroyed && !this.#stream.closed) this.#stream.additionalHeaders({ ':status': 100 })
  }

  write(chunk: Buffer): boolean {
    this.#sendHead(false)
    return this.destroyed || this.#isBodiless || this.#stream.write(chunk)
  }

  end(chunk?: Buffer): this {
    if (this.#hasEnded || this.destroyed) return this
    this.#hasEnded = true
    const hasBody = chunk !== undefined && chunk.length > 0
    this.#sendHead(!hasBody && this.#trailers.length === 0)
    // The last byte may wait for the client's flow control; it does not wait for ever.
    this.#tailTimer = setTimeout(() => this.destroy(), maxTailMs)
    if (this.#isBodiless) queueMicrotask(() => this.#finish())
    else if (hasBody) this.#stream.end(chunk)
    else this.#stream.end()
    return this
  }

  setTrailers(trailers: readonly string[]): void {
    this.#trailers = trailers
  }

  /** `INTERNAL_ERROR`: nobody may take what came so far for the whole answer (security case REL-L4). */
  destroy(): this {
    this.#reset(constants.NGHTTP2_INTERNAL_ERROR)
    return this
  }

  refuse(): void {
    this.#reset(constants.NGHTTP2_REFUSED_STREAM)
  }

  /** Once the answer is all out, asks the client to stop sending (RFC 9113 §8.1). Until then nothing is read on. */
  stopRequest(): void {
    const stream = this.#stream
    stream.pause()
    const stop = (): void => {
      if (!stream.closed && stream.state.localClose !== 1) {
        setTimeout(stop, stopPollMs)
        return
      }
      if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR)
      // What is left in it would keep it.
      stream.resume()
    }
    setImmediate(stop)
  }

  #reset(code: number): void {
    if (this.destroyed) return
    if (!this.#stream.closed) this.#stream.close(code)
    this.#close()
  }

  #sendHead(isAll: boolean): void {
    if (this.#isHeadOnTheWire || this.destroyed || this.#stream.closed) return
    this.#isHeadOnTheWire = true
    this.#isBodiless = isAll || this.#isHead || bodiless.has(this.statusCode)
    const head = [':status', String(this.statusCode), ...this.#headers]
    // Without this node ends the stream with END_STREAM before it resets it, and half an answer would be a whole one.
    if (!this.#isBodiless) this.#stream.once('wantTrailers', () => this.#sendTrailers())
    this.#stream.respond(head, { endStream: this.#isBodiless, waitForTrailers: !this.#isBodiless })
  }

  #sendTrailers(): void {
    if (this.#stream.closed) return
    const trailers: Record<string, string[]> = Object.create(null) as Record<string, string[]>
    for (let at = 0; at < this.#trailers.length; at += 2) {
      const name = this.#trailers[at] ?? ''
      trailers[name] = [...(trailers[name] ?? []), this.#trailers[at + 1] ?? '']
    }
    try {
      this.#stream.sendTrailers(trailers)
    } catch {
      // Node has rules of its own; nobody above would hear what it says here.
      this.destroy()
    }
  }

  #finish(): void {
    if (this.destroyed) return
    this.writableFinished = true
    this.#close()
  }

  #close(): void {
    if (this.destroyed) return
    this.destroyed = true
    clearTimeout(this.#tailTimer)
    // As node does it: never in the middle of what its cause is doing.
    process.nextTick(() => this.emit('close'))
  }
}

class StatusError extends RangeError {
  readonly code = 'ERR_HTTP_INVALID_STATUS_CODE'
}

/** Lower-case names; what belongs to an HTTP/1.1 connection is left out. */
function validated(headers: readonly (OutgoingHttpHeader | undefined)[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = String(headers[at]).toLowerCase()
    const value = headers[at + 1]
    if (value === undefined || connectionHeaders.has(name)) continue
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [String(value)]) {
      validateHeaderValue(name, one)
      kept.push(name, one)
    }
  }
  return kept
}
