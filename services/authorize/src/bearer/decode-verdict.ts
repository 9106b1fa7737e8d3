import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { AccessTokenVerdict } from './access-tokens.ts'

/** What authenticate says of an access token, as it travels. */
interface VerdictMessage {
  readonly outcome: string
  readonly whyRefused: string
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly claimsJson: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** @throws PosternError `AUTHENTICATE_UNAVAILABLE` for an answer that we do not know: nothing is decided by it */
export function decodeVerdict(message: VerdictMessage): AccessTokenVerdict {
  const { outcome, whyRefused, issuer, audiences, issuedAtMs, expiresAtMs } = message
  if (outcome === 'OUTCOME_REFUSED') return { kind: 'refused', why: whyRefused }
  if (outcome !== 'OUTCOME_VALID' || message.userId === '') {
    throw new PosternError('AUTHENTICATE_UNAVAILABLE', 'authenticate answered about an access token in an unknown way')
  }
  const times = { issuedAtMs: issuedAtMs || undefined, expiresAtMs: expiresAtMs || undefined }
  return { kind: 'valid', statement: { issuer, audiences, identity: identityOf(message), ...times } }
}

function identityOf({ userId, email, name, claimsJson }: VerdictMessage): Identity {
  const claims = JSON.parse(claimsJson) as Identity['claims']
  return { userId, email: email || undefined, name: name || undefined, claims: withoutPrototype(claims) }
}

/** A claim may have any name, that of a method of objects too. */
function withoutPrototype(claims: Identity['claims']): Identity['claims'] {
  return Object.assign(Object.create(null) as object, claims)
}
