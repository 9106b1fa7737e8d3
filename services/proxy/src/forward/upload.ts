import { Readable } from 'node:stream'
import type { DownstreamRequest } from '../listener/downstream.ts'

/**
 * A client's request body on its way up. It stands between the client and the upstream connection so that an upstream
 * which answers early or goes away ends the upload, not the client's connection: the answer still has to reach it.
 */
export class Upload extends Readable {
  readonly #source: DownstreamRequest
  readonly #onProgress: () => void

  /** `onProgress` is called for every piece that arrives from the client. */
  constructor(source: DownstreamRequest, onProgress: () => void) {
    super()
    this.#source = source
    this.#onProgress = onProgress
    source.on('data', this.#onData)
    source.on('end', this.#onEnd)
    source.on('error', this.#onBroken)
    source.on('close', this.#onBroken)
    source.pause()
    // Whoever reads reports the failure; a body that nobody reads any more must not take the process down.
    this.on('error', () => undefined)
    if (source.readableEnded) this.#onEnd()
  }

  override _read(): void {
    this.#source.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#detach()
    done(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onProgress()
    if (!this.push(chunk)) this.#source.pause()
  }

  readonly #onEnd = (): void => {
    if (!this.#source.complete) {
      this.#onBroken()
      return
    }
    this.#detach()
    this.push(null)
  }

  /** The body is incomplete: the upstream must see an abort, never a clean end (security case SMG-20). */
  readonly #onBroken = (): void => {
    if (!this.#source.complete) this.destroy(new Error('the client broke off its request'))
  }

  #detach(): void {
    this.#source.off('data', this.#onData)
    this.#source.off('end', this.#onEnd)
    this.#source.off('error', this.#onBroken)
    this.#source.off('close', this.#onBroken)
  }
}
