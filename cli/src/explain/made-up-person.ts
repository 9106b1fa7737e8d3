import { flattenClaims } from '@postern/shared/claims/flatten-claims.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'

/** Somebody as a person at a terminal describes them. */
export interface MadeUpPerson {
  readonly user?: string | undefined
  readonly email?: string | undefined
  readonly name?: string | undefined
  /** As an IdP would send them: nested, single or in lists. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** Stands for the user id when none was given. No IdP gives this one, so no rule about ids matches by accident. */
export const unknownUserId = '(not given)'

/**
 * The identity that such a person would have after signing in, by the same rules for claims.
 * @throws PosternError `IDP_CLAIMS_REFUSED` for claims beyond all reason
 */
export function identityOf({ user, email, name, claims }: MadeUpPerson): Identity {
  const said = { ...given('sub', user), ...given('email', email), ...given('name', name), ...claims }
  return {
    userId: textOf(said, 'sub') ?? unknownUserId,
    email: textOf(said, 'email'),
    name: textOf(said, 'name'),
    claims: flattenClaims(said),
  }
}

/** Whose decision it is, in a few words. */
export function describePerson(identity: Identity | undefined): string {
  if (identity === undefined) return 'nobody'
  return identity.email ?? identity.name ?? (identity.userId === unknownUserId ? 'somebody' : `user ${identity.userId}`)
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value }
}

function textOf(said: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(said, name) ? said[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}
