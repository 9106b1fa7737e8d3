import { hash } from 'node:crypto'
import { resolve } from 'node:path'
import { readTextFile } from '../config-files.ts'

const digestOfNothing = hash('sha256', '')

/** What a reading saw of each file: each is read once. */
export class Contents {
  readonly #inPlace: ReadonlyMap<string, string>
  readonly #seen = new Map<string, { readonly digest: string; readonly text: () => string }>()

  constructor(inPlace: ReadonlyMap<string, string>) {
    this.#inPlace = inPlace
  }

  read(file: string): string {
    const known = this.#seen.get(file) ?? look(file, this.#inPlace)
    this.#seen.set(file, known)
    return known.text()
  }

  isEmpty(file: string): boolean {
    return this.#seen.get(file)?.digest === digestOfNothing
  }

  get files(): readonly string[] {
    return [...this.#seen.keys()]
  }

  get fingerprint(): string {
    return hash('sha256', JSON.stringify([...this.#seen].map(([file, { digest }]) => [file, digest]).toSorted()))
  }
}

function look(file: string, inPlace: ReadonlyMap<string, string>): { digest: string; text: () => string } {
  try {
    const text = inPlace.get(resolve(file)) ?? readTextFile(file)
    return { digest: hash('sha256', text), text: () => text }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return {
      digest: code,
      text: () => {
        throw error
      },
    }
  }
}
