import { Secret } from '../../secret.ts'

/** No key of a configuration: YAML text holds no such character. */
const mark = '\u0000postern'

type Packed = { readonly [mark]: 'secret' | 'url'; readonly text: string }

/** Data that can go to another thread: what is there a class of its own is here a mapping that says so. */
export function pack(value: unknown): unknown {
  if (value instanceof Secret) return { [mark]: 'secret', text: value.reveal() } satisfies Packed
  if (value instanceof URL) return { [mark]: 'url', text: value.href } satisfies Packed
  return mapInside(value, pack)
}

/** What was packed. */
export function unpack(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && mark in value) {
    const { [mark]: kind, text } = value as Packed
    return kind === 'secret' ? new Secret(text) : new URL(text)
  }
  return mapInside(value, unpack)
}

/** Lists and plain mappings; everything else stays as it is. */
function mapInside(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change)
  if (typeof value !== 'object' || value === null || value instanceof Map) return value
  const changed: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const there = change(inner)
    if (key === '__proto__') Object.defineProperty(changed, key, { value: there, enumerable: true })
    else changed[key] = there
  }
  return changed
}
