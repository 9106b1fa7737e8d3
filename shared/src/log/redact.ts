import { Secret } from '../secret.ts'
import { describeError } from './describe-error.ts'

export const redacted = '[redacted]'
const maxDepth = 6
const maxString = 8192

/** Fields whose value is a credential whatever it looks like. Lower case, without `-` and `_`. */
const secretFields: ReadonlySet<string> = new Set([
  'accesstoken',
  'authorization',
  'bindinghash',
  'clientsecret',
  'codeverifier',
  'cookie',
  'cookiesecret',
  'credential',
  'idtoken',
  'password',
  'privatekey',
  'proxyauthorization',
  'refreshtoken',
  'sessionid',
  'setcookie',
  'sharedsecret',
  'signingkey',
  'ticket',
  'xpomeriumauthorization',
  'xpomeriumjwtassertion',
  'xserverlessauthorization',
])

/** Query parameters of sign-in, sign-out and bearer requests (ASVS 14.2.1: no secrets in logged URLs). */
export const secretParameters: readonly string[] = [
  'access_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'id_token',
  'id_token_hint',
  'logout_token',
  'nonce',
  'password',
  'pomerium_jwt',
  'pomerium_session',
  'pomerium_session_encrypted',
  'pomerium_signature',
  'pomerium_ticket',
  'refresh_token',
  'session_state',
  'state',
  'subject_token',
  'ticket',
  'token',
]
const secretParameter = new RegExp(`([?&;#](?:${secretParameters.join('|')})=)[^&;#\\s"'<>]+`, 'gi')

/** `scheme://user:password@host`: everything up to the last `@` before the path may be the password. */
const urlPassword = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):[^\s/?#]+@/gi

/** Compact JWS and JWE: three or five base64url parts, the first of which begins a JSON object. */
const compactToken = /\beyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g

/** Text as it may stand in a log: without passwords in URLs, codes and tokens in queries, and signed tokens. */
export function redactText(text: string): string {
  let clean = text.length > maxString ? `${text.slice(0, maxString)}…` : text
  if (clean.includes('=')) clean = clean.replace(secretParameter, `$1${redacted}`)
  if (clean.includes('://') && clean.includes('@')) clean = clean.replace(urlPassword, `$1:${redacted}@`)
  if (clean.includes('eyJ')) clean = clean.replace(compactToken, redacted)
  return clean
}

/** A copy of the fields that can be serialised and holds no secret. Exceptions become data with their causes. */
export function redactFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) clean[name] = isSecretField(name) ? redacted : redactValue(value, depth)
  }
  return clean
}

/** Pomerium's name (pomerium-facts §7.1) for what is a handle here: it names a session, and nobody can use it as one. */
const sessionHandle = 'session-id'

/** Field names come from our own code, so there are few, and each is asked about with every record. */
const knownFields = new Map<string, boolean>()
const maxKnownFields = 1_000

export function isSecretField(name: string): boolean {
  const known = knownFields.get(name)
  if (known !== undefined) return known
  const secret = name !== sessionHandle && secretFields.has(name.toLowerCase().replaceAll(/[-_]/g, ''))
  if (knownFields.size < maxKnownFields) knownFields.set(name, secret)
  return secret
}

export function redactValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return redactText(value)
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return '[function]'
    case 'object':
      return value === null ? null : redactObject(value, depth)
    default:
      return value
  }
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Secret) return redacted
  if (value instanceof Error) return describeError(value, redactText)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL) return redactText(value.href)
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`
  if (depth >= maxDepth) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  if (value instanceof Set) return [...value].map((item) => redactValue(item, depth + 1))
  if (value instanceof Map) {
    return redactFields(Object.fromEntries([...value].map(([key, item]) => [String(key), item as unknown])), depth + 1)
  }
  return redactFields(value as Record<string, unknown>, depth + 1)
}
