import { isMapping } from '../read/read-keys.ts'
import { parseConfigDocument } from './config-document.ts'

/** The entry of a YAML or JSON text that the keys lead to, as text; mappings and lists as JSON. */
export function pickFromDocument(text: string, keys: readonly string[]): string | undefined {
  const parsed = parseConfigDocument('', text)
  if (parsed.kind === 'invalid') return undefined
  let entry = parsed.document.data
  for (const key of keys) {
    const holder: unknown = entry
    if (isMapping(holder) && Object.hasOwn(holder, key)) entry = holder[key]
    else if (Array.isArray(holder) && /^\d+$/.test(key)) entry = (holder as unknown[])[Number(key)]
    else return undefined
  }
  if (entry === undefined || entry === null) return undefined
  return typeof entry === 'string' ? entry : JSON.stringify(entry)
}
