import type { LogFields } from './logger.ts'
import { isSecretField, redacted, redactText, redactValue } from './redact.ts'

/**
 * Fields as they stand in a JSON line, with a comma before each: redacted and serialised in one pass, because services
 * write a record for every request (bench/request-cost.ts). What is not plain data takes the way over `redactValue`.
 */
export function jsonFields(fields: LogFields): string {
  let json = ''
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === undefined) continue
    const known = findName(name)
    json += known.prefixInLine
    json += known.isSecret ? `"${redacted}"` : jsonValue(value)
  }
  return json
}

/** What JSON does not escape and some readers take for a line or an order: DEL, C1 controls, U+2028, U+2029. */
const separators = /[\u007f-\u009f\u2028\u2029]/g
/** Text that JSON and every reader of lines takes as it is. */
const harmless = /^[ !#-[\]-~\u00a0-\u2027\u202a-\ud7ff\ue000-\uffff]*$/

/** A JSON string that is one line to every reader. */
export function jsonText(text: string): string {
  return harmless.test(text) ? `"${text}"` : encode(text)
}

function encode(value: unknown): string {
  return JSON.stringify(value).replace(separators, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function jsonValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return jsonText(redactText(value))
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      return jsonStructure(value) ?? encode(redactValue(value, 0))
  }
}

/** Lists and plain objects of one level, as in `reasons` and `httpRequest`; `undefined` for all else, which is rare. */
function jsonStructure(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every(isScalar) ? `[${value.map(jsonValue).join(',')}]` : undefined
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return undefined
  let json = ''
  for (const name of Object.keys(value)) {
    const member = (value as LogFields)[name]
    if (member === undefined) continue
    if (!isScalar(member)) return undefined
    const known = findName(name)
    json += json === '' ? known.prefix : `,${known.prefix}`
    json += known.isSecret ? `"${redacted}"` : jsonValue(member)
  }
  return `{${json}}`
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

interface FieldName {
  readonly isSecret: boolean
  /** `"name":` */
  readonly prefix: string
  /** The same in the line itself, after a comma. */
  readonly prefixInLine: string
}

/** Names the line itself uses; a field of that name would make two of it. */
const ownNames: ReadonlySet<string> = new Set(['severity', 'time', 'message', 'service'])

/** Field names come from our own code, so there are few, and each is asked about with every record. */
const knownNames = new Map<string, FieldName>()
const maxKnownNames = 1_000

function findName(name: string): FieldName {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const prefix = `${encode(name)}:`
  const prefixInLine = ownNames.has(name) ? `,${encode(`${name}_`)}:` : `,${prefix}`
  const found = { isSecret: isSecretField(name), prefix, prefixInLine }
  if (knownNames.size < maxKnownNames) knownNames.set(name, found)
  return found
}
