import type { Clock } from '../clock.ts'

export interface RemoteDocumentOptions {
  /** Fetches and validates; what it throws counts as a failure, and the last good text stays. */
  readonly fetch: () => Promise<string>
  /** Read again after this long. */
  readonly freshMs: number
  /** Still used after a failed reading, for this long. */
  readonly maxStaleMs: number
  readonly clock: Clock
}

const firstBackOffMs = 1_000
const maxBackOffMs = 60_000

/** At most this many attempts in any minute, whoever asks: nobody can make us hammer the provider (REL-J3). */
const attemptsPerMinute = 2

/**
 * A document of an identity provider (discovery, key set): one copy, one reader at a time, failures backed off, the last good copy
 * kept while the provider is away.
 */
export class RemoteDocument {
  readonly #options: RemoteDocumentOptions
  #copy: { readonly text: string; readonly readAtMs: number } | undefined
  #reading: Promise<string> | undefined
  #failures = 0
  #failure: unknown
  #notBeforeMs = 0
  /** When the latest attempts were made. */
  #attempts: readonly number[] = []

  constructor(options: RemoteDocumentOptions) {
    this.#options = options
  }

  /** The last good text, however old, without reading. */
  get lastGood(): string | undefined {
    return this.#copy?.text
  }

  /** The age of the last good text; `undefined` while there is none. */
  get ageMs(): number | undefined {
    return this.#copy && this.#now() - this.#copy.readAtMs
  }

  get isFresh(): boolean {
    return this.#copy !== undefined && this.#now() - this.#copy.readAtMs < this.#options.freshMs
  }

  /** The current text. Throws what the last attempt threw when there is no usable copy. */
  read(): Promise<string> {
    if (this.#copy && this.isFresh) return Promise.resolve(this.#copy.text)
    return this.#readOrKeep()
  }

  /** Somebody met a key that the copy lacks: reads again, as often as the limit allows, else gives the copy. */
  readAnew(): Promise<string> {
    return this.#readOrKeep()
  }

  async #readOrKeep(): Promise<string> {
    if (this.#reading) return this.#reading
    if (!this.#mayTry()) return this.#keep(this.#failure)
    this.#reading = this.#attempt()
    try {
      return await this.#reading
    } finally {
      this.#reading = undefined
    }
  }

  async #attempt(): Promise<string> {
    this.#attempts = [...this.#attempts, this.#now()].slice(-attemptsPerMinute)
    try {
      const text = await this.#options.fetch()
      this.#copy = { text, readAtMs: this.#now() }
      this.#failures = 0
      this.#failure = undefined
      return text
    } catch (cause) {
      this.#failures += 1
      this.#failure = cause
      this.#notBeforeMs = this.#now() + Math.min(maxBackOffMs, firstBackOffMs * 2 ** (this.#failures - 1))
      return this.#keep(cause)
    }
  }

  #mayTry(): boolean {
    const now = this.#now()
    // Without any copy nobody can sign in: there the back-off alone limits.
    if (!this.#copy) return this.#failures === 0 || now >= this.#notBeforeMs
    if (this.#failures > 0 && now < this.#notBeforeMs) return false
    return this.#attempts.length < attemptsPerMinute || now - (this.#attempts[0] ?? 0) >= 60_000
  }

  #keep(failure: unknown): string {
    if (this.#copy && this.#now() - this.#copy.readAtMs < this.#options.maxStaleMs) return this.#copy.text
    throw failure instanceof Error ? failure : new Error('the document is too old', { cause: failure })
  }

  #now(): number {
    return this.#options.clock.now().getTime()
  }
}
