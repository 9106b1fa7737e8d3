import type { Session } from './session.ts'

/**
 * What the issuer may call the person of this session when it says that they signed out: our user id, and `sub` where the
 * user id is another claim (Entra ID's `oid`). A record that was written without the second is found by it after its next
 * refresh.
 */
export function namesAtIssuer({ identity }: Pick<Session, 'identity'>): readonly string[] {
  const subject = Object.hasOwn(identity.claims, 'sub') ? identity.claims['sub']?.[0] : undefined
  return [...new Set([identity.userId, ...(typeof subject === 'string' ? [subject] : [])])]
}
