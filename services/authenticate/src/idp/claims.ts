import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Claims, ClaimValue } from '@postern/shared/vocabulary/identity.ts'

/** Claims as they came: any JSON object. */
export type RawClaims = Readonly<Record<string, unknown>>

const maxDepth = 8
const maxValues = 20_000

/** Bound to one ID token and of no use to a policy. */
const unwanted = new Set(['nonce', 'at_hash', 'c_hash', 's_hash'])

/**
 * Flattens nested objects to `a.b` keys and makes every value a list, as policies read them. Lists of lists become one
 * list; an object inside a list becomes its JSON text. Throws `IDP_CLAIMS_REFUSED` for documents beyond all reason.
 */
export function flattenClaims(raw: RawClaims): Claims {
  // No prototype: a claim named `__proto__` or `constructor` is just a name.
  const flat = Object.create(null) as Record<string, readonly ClaimValue[]>
  let values = 0

  const add = (name: string, list: readonly ClaimValue[]): void => {
    values += Math.max(1, list.length)
    if (values > maxValues) throw new PosternError('IDP_CLAIMS_REFUSED', `more than ${String(maxValues)} claim values`)
    flat[name] = list
  }

  const walk = (name: string, value: unknown, depth: number): void => {
    if (depth > maxDepth) throw new PosternError('IDP_CLAIMS_REFUSED', `claim nested deeper than ${String(maxDepth)}`)
    if (value === undefined) return
    if (Array.isArray(value)) add(name, value.flat(maxDepth).map(scalarOf))
    else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) walk(`${name}.${key}`, inner, depth + 1)
    } else add(name, [scalarOf(value)])
  }

  for (const [name, value] of Object.entries(raw)) if (!unwanted.has(name)) walk(name, value, 1)
  return flat
}

/** The claim when it is a non-empty text. */
export function textClaim(raw: RawClaims, name: string): string | undefined {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function scalarOf(value: unknown): ClaimValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return JSON.stringify(value)
}
