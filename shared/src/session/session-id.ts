import { hash } from 'node:crypto'
import { decodeBase64url } from '../crypto/base64url.ts'
import type { RandomBytes } from '../random.ts'
import type { SessionHandle, SessionId } from './session.ts'

const idBytes = 32

/** A new 256-bit random session id, in base64url. */
export function newSessionId(random: RandomBytes): SessionId {
  return random(idBytes).toString('base64url') as SessionId
}

/** The name under which stores, logs and messages know the session: base64url SHA-256 of the id. */
export function handleOf(id: SessionId): SessionHandle {
  return hash('sha256', id, 'base64url') as SessionHandle
}

/** `undefined` for anything that `newSessionId` cannot have made. */
export function parseSessionId(text: string): SessionId | undefined {
  return isName(text) ? (text as SessionId) : undefined
}

/** `undefined` for anything that `handleOf` cannot have made. */
export function parseSessionHandle(text: string): SessionHandle | undefined {
  return isName(text) ? (text as SessionHandle) : undefined
}

function isName(text: string): boolean {
  return text.length === 43 && decodeBase64url(text)?.length === idBytes
}
