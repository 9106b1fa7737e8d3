import { compileRegex, type WholeRegex } from '@postern/shared/regex/re2.ts'
import type { PathMatch } from '@postern/shared/config/model.ts'
import { LiteralEnds, literalPrefix } from './literal-ends.ts'

const compiled = new WeakMap<PathMatch, WholeRegex>()

/** The expression of a match, compiled once: ten thousand take a moment. */
export function regexOf(match: Extract<PathMatch, { kind: 'regex' }>): WholeRegex {
  const known = compiled.get(match) ?? compileRegex(match.regex)
  compiled.set(match, known)
  return known
}

interface OrderedRegex {
  readonly order: number
  readonly regex: WholeRegex
}

/**
 * Finds the first of many path matches that holds, in configuration order, without trying them one by one: exact
 * paths and prefixes by lookup, and of the regular expressions only those that begin as the path does.
 */
export class PathIndex {
  readonly #paths = new Map<string, number>()
  readonly #prefixes = new Map<string, number>()
  readonly #prefixLengths: number[] = []
  readonly #regexes = new LiteralEnds<OrderedRegex>()
  #any = Infinity

  /** `order` grows from call to call: it is the place in the configuration. */
  add(match: PathMatch, order: number): void {
    switch (match.kind) {
      case 'any':
        this.#any = Math.min(this.#any, order)
        return
      case 'path':
        if (!this.#paths.has(match.path)) this.#paths.set(match.path, order)
        return
      case 'prefix':
        this.#addPrefix(match.prefix, order)
        return
      case 'regex':
        this.#regexes.add(literalPrefix(match.regex), '', { order, regex: regexOf(match) })
    }
  }

  #addPrefix(prefix: string, order: number): void {
    if (this.#prefixes.has(prefix)) return
    this.#prefixes.set(prefix, order)
    if (!this.#prefixLengths.includes(prefix.length)) this.#prefixLengths.push(prefix.length)
    this.#prefixLengths.sort((a, b) => a - b)
  }

  /** The lowest order whose match holds for a canonical path; `Infinity` when none does. */
  find(path: string): number {
    let first = Math.min(this.#any, this.#paths.get(path) ?? Infinity)
    for (const length of this.#prefixLengths) {
      if (length > path.length) break
      const order = this.#prefixes.get(path.slice(0, length))
      if (order !== undefined && order < first) first = order
    }
    for (const { order, regex } of this.#regexes.find(path)) {
      if (order < first && regex.matches(path)) first = order
    }
    return first
  }
}
