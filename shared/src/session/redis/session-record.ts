import type { Claims, ClaimValue, Identity } from '../../vocabulary/identity.ts'
import type { Session, SessionHandle } from '../session.ts'
import { type IndexName, indexesOf } from './session-keys.ts'

/**
 * A record in Redis is `1|version|lastUsed|idleTimeout|expires|indexes|JSON`: the numbers and the names of its indexes,
 * separated by commas, stand in front so that scripts can read and write them without touching the JSON, which Lua would
 * not keep intact. The leading number is the format; records of a format that we do not know are left alone.
 */
const format = '1'
const head = /^1\|(\d{1,10})\|(\d{1,15})\|(\d{1,15})\|(\d{1,15})\|([\w:,-]{1,400})\|/

/** The parts that scripts put together. */
export interface RecordParts {
  readonly version: number
  readonly lastUsedAtMs: number
  readonly idleTimeoutMs: number
  readonly expiresAtMs: number
  readonly indexes: readonly IndexName[]
  readonly json: string
}

export type DecodedRecord =
  | { readonly kind: 'session'; readonly session: Session }
  /** `unknown-format`: written by a newer Postern, or by somebody else. */
  | { readonly kind: 'unreadable'; readonly why: 'unknown-format' | 'corrupt' }

export function recordPartsOf(session: Session): RecordParts {
  const { version, lastUsedAtMs, idleTimeoutMs, expiresAtMs, ...rest } = session
  return {
    version,
    lastUsedAtMs: Math.round(lastUsedAtMs),
    idleTimeoutMs: Math.round(idleTimeoutMs),
    expiresAtMs: Math.round(expiresAtMs),
    indexes: indexesOf(session),
    json: JSON.stringify(rest),
  }
}

/** Reads a record found under this handle's key. Nothing in it is taken on trust. */
export function decodeRecord(handle: SessionHandle, value: string): DecodedRecord {
  const found = head.exec(value)
  if (!found) return { kind: 'unreadable', why: value.startsWith(`${format}|`) ? 'corrupt' : 'unknown-format' }
  const [version, lastUsedAtMs, idleTimeoutMs, expiresAtMs] = found.slice(1, 5).map(Number)
  const rest = parseRest(value.slice(found[0].length))
  if (rest?.handle !== handle || expiresAtMs === undefined) return { kind: 'unreadable', why: 'corrupt' }
  const numbers = { version: version ?? 0, lastUsedAtMs: lastUsedAtMs ?? 0, idleTimeoutMs: idleTimeoutMs ?? 0 }
  return { kind: 'session', session: { ...rest, ...numbers, expiresAtMs } }
}

type RecordRest = Omit<Session, 'version' | 'lastUsedAtMs' | 'idleTimeoutMs' | 'expiresAtMs'>

function parseRest(json: string): RecordRest | undefined {
  const value = parseObject(json)
  const identity = value && parseIdentity(value['identity'])
  if (!value || !identity) return undefined
  const { handle, issuer, idpId, idpSid, issuedAtMs, refreshDueAtMs, sealedTokens } = value
  if (typeof handle !== 'string' || typeof issuer !== 'string' || typeof idpId !== 'string') return undefined
  if (typeof sealedTokens !== 'string' || typeof issuedAtMs !== 'number') return undefined
  if (!isOptional(idpSid, 'string') || !isOptional(refreshDueAtMs, 'number')) return undefined
  return {
    handle: handle as SessionHandle,
    identity,
    issuer,
    idpId,
    idpSid: idpSid as string | undefined,
    issuedAtMs,
    refreshDueAtMs: refreshDueAtMs as number | undefined,
    sealedTokens,
  }
}

function parseIdentity(value: unknown): Identity | undefined {
  if (!isObject(value) || typeof value['userId'] !== 'string') return undefined
  const { userId, email, name, claims } = value
  if (!isOptional(email, 'string') || !isOptional(name, 'string') || !isClaims(claims)) return undefined
  return { userId, email: email as string | undefined, name: name as string | undefined, claims }
}

function isClaims(value: unknown): value is Claims {
  return isObject(value) && Object.values(value).every((list) => Array.isArray(list) && list.every(isClaimValue))
}

function isClaimValue(value: unknown): value is ClaimValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined // a truncated record is an unreadable one
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
