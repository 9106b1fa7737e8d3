import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'

/** Everything about one request or person that a criterion may name: the values of a claim, all beginnings of a path. */
export interface Members {
  readonly size: number
  /** Costs as much as there are. */
  values(): Iterable<ClaimValue>
  has(value: ClaimValue): boolean
}

/** All beginnings of a text: a text is among them exactly when the other starts with it. */
export function beginningsOf(text: string): Members {
  return {
    size: text.length,
    *values() {
      for (let end = 1; end <= text.length; end += 1) yield text.slice(0, end)
    },
    has: (value) => typeof value === 'string' && text.startsWith(value),
  }
}

/** All ends of a text. */
export function endsOf(text: string): Members {
  return {
    size: text.length,
    *values() {
      for (let start = 0; start < text.length; start += 1) yield text.slice(start)
    },
    has: (value) => typeof value === 'string' && text.endsWith(value),
  }
}
