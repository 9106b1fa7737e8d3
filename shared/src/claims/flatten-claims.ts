import { PosternError } from '../errors/postern-error.ts'
import type { Claims, ClaimValue } from '../vocabulary/identity.ts'

const maxDepth = 8
const maxValues = 20_000

/** Bound to one ID token and of no use to a policy. */
const unwanted = new Set(['nonce', 'at_hash', 'c_hash', 's_hash'])

/**
 * Flattens nested objects to `a.b` keys and makes every value a list, as policies read them. Lists of lists become one
 * list. Of objects inside a list every member becomes a list of its own: `groups: [{ id: 1, name: a }, …]` is read as
 * `groups.id` and `groups.name`. Throws `IDP_CLAIMS_REFUSED` for documents beyond all reason.
 */
export function flattenClaims(raw: Readonly<Record<string, unknown>>): Claims {
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
    if (Array.isArray(value)) walkList(name, value.flat(maxDepth), depth)
    else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) walk(`${name}.${key}`, inner, depth + 1)
    } else add(name, [scalarOf(value)])
  }

  const walkList = (name: string, items: readonly unknown[], depth: number): void => {
    const objects = items.filter(isObject)
    if (objects.length === 0 || objects.length < items.length) {
      add(
        name,
        items.filter((item) => !isObject(item)).map((item) => scalarOf(item)),
      )
    }
    for (const [key, column] of columnsOf(objects)) walk(`${name}.${key}`, column, depth + 1)
  }

  for (const [name, value] of Object.entries(raw)) if (!unwanted.has(name)) walk(name, value, 1)
  return flat
}

function columnsOf(objects: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, unknown[]> {
  const columns = new Map<string, unknown[]>()
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      const column = columns.get(key)
      if (column) column.push(value)
      else columns.set(key, [value])
    }
  }
  return columns
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function scalarOf(value: unknown): ClaimValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return JSON.stringify(value)
}
