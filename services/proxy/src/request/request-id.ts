import type { RandomBytes } from '@postern/shared/random.ts'

const idBytes = 16
const drawnAtOnce = 256

const acceptable = /^[A-Za-z0-9._-]{8,128}$/

/** Makes request ids: 128 random bits in hex. Draws randomness in blocks, since every request needs one. */
export class RequestIds {
  readonly #random: RandomBytes
  #block = ''
  #at = 0

  constructor(random: RandomBytes) {
    this.#random = random
  }

  next(): string {
    if (this.#at === this.#block.length) {
      this.#block = this.#random(idBytes * drawnAtOnce).toString('hex')
      this.#at = 0
    }
    const start = this.#at
    this.#at = start + idBytes * 2
    return this.#block.slice(start, this.#at)
  }

  /** Keeps the id that a trusted proxy in front chose; a stranger's is replaced. */
  keepOrMake(sent: string | undefined, comesFromTrustedHop: boolean): string {
    return comesFromTrustedHop && sent !== undefined && acceptable.test(sent) ? sent : this.next()
  }
}
