interface Shape<V> {
  readonly prefixLength: number
  readonly suffixLength: number
  readonly byEnds: Map<string, V[]>
}

/** Values by how a text begins and ends, found without trying them one by one. */
export class LiteralEnds<V> {
  readonly #shapes = new Map<string, Shape<V>>()

  add(prefix: string, suffix: string, value: V): void {
    const name = `${prefix.length} ${suffix.length}`
    const shape = this.#shapes.get(name) ?? {
      prefixLength: prefix.length,
      suffixLength: suffix.length,
      byEnds: new Map<string, V[]>(),
    }
    this.#shapes.set(name, shape)
    const values = shape.byEnds.get(prefix + suffix)
    if (values === undefined) shape.byEnds.set(prefix + suffix, [value])
    else values.push(value)
  }

  /** All whose prefix and suffix the text has, one beside the other; in no order. */
  find(text: string): V[] {
    const found: V[] = []
    for (const { prefixLength, suffixLength, byEnds } of this.#shapes.values()) {
      if (text.length < prefixLength + suffixLength) continue
      const values = byEnds.get(text.slice(0, prefixLength) + text.slice(text.length - suffixLength))
      if (values !== undefined) found.push(...values)
    }
    return found
  }
}

const plainCharacter = /[A-Za-z0-9/_~%@:,;=&!'"<># -]/
const quantifiers = '?*+{'

/**
 * The text with which everything begins that a regular expression (RE2 syntax) can match as a whole. Short of certain it
 * is shorter: an empty one is always right.
 */
export function literalPrefix(source: string): string {
  if (hasAlternatives(source)) return ''
  let prefix = ''
  let at = source.startsWith('^') ? 1 : 0
  for (let last = ''; at < source.length; at += last.length) {
    const escaped = /^\\[^A-Za-z0-9]/.exec(source.slice(at, at + 2))?.[0]
    last = escaped ?? source.charAt(at)
    if (escaped === undefined && !plainCharacter.test(last)) return trimmed(prefix, last)
    prefix += escaped?.charAt(1) ?? last
  }
  return prefix
}

/** The character before a quantifier may be missing. */
function trimmed(prefix: string, next: string): string {
  return quantifiers.includes(next) ? prefix.slice(0, -1) : prefix
}

/** Whether there may be an alternation outside of all groups. */
function hasAlternatives(source: string): boolean {
  if (!source.includes('|')) return false
  // Brackets and quotations could hide a parenthesis from the count below.
  if (/[[\]]|\\Q/.test(source)) return true
  let depth = 0
  for (const [token] of source.matchAll(/\\[^]|[^]/g)) {
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    else if (token === '|' && depth === 0) return true
  }
  return false
}
