const longest = 60

/** What stands there, for a message: `found "30"`. Of a secret, only whether it is empty. */
export function describeFound(value: unknown, isSecret = false): string {
  if (value === undefined) return 'nothing is here'
  if (value === null || value === '') return 'given but empty'
  if (isSecret) return 'this value is not right'
  if (Array.isArray(value)) return value.length === 0 ? 'found an empty list' : 'found a list'
  if (typeof value === 'object') return 'found a mapping'
  if (typeof value === 'string') return `found ${quote(value)}`
  if (typeof value === 'number') return `found the number ${String(value)}`
  return typeof value === 'boolean' ? `found ${String(value)}` : 'found something else'
}

/** In quotes, cut where it is long, control characters made visible. */
export function quote(text: string): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text)
}
