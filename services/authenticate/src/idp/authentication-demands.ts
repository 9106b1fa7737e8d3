import type { IdpConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { RawClaims } from './claims.ts'
import { clockToleranceSeconds } from './id-token-checks.ts'

/** How people have to have signed in at the IdP, as far as the authorization request asks for it. */
export interface AuthenticationDemands {
  /** How long before this sign-in began they may have proved who they are, in seconds. */
  readonly maxAgeSeconds: number | undefined
  /** One of these; none when nothing is asked for. */
  readonly acrValues: readonly string[]
}

/** `max_age` and `acr_values` of `idp_request_params` (OpenID Connect Core 3.1.2.1). */
export function demandsOf({ requestParams = {} }: Pick<IdpConfig, 'requestParams'>): AuthenticationDemands {
  const maxAge = requestParams['max_age']
  return {
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
    acrValues: (requestParams['acr_values'] ?? '').split(' ').filter((value) => value !== ''),
  }
}

/**
 * The IdP may pass over what it is asked for, and says in the ID token what it did (3.1.3.7, 12 and 13). Measured from
 * the beginning of this sign-in: whoever reads a consent page for long has not signed in too early. Throws
 * `IDP_AUTHENTICATION_INSUFFICIENT`.
 */
export function checkAuthentication(claims: RawClaims, demands: AuthenticationDemands, startedAt: Date): void {
  checkAcr(claims, demands)
  if (demands.maxAgeSeconds === undefined) return
  const authTime = claims['auth_time']
  if (typeof authTime !== 'number') throw insufficient('max_age was asked for, and the ID token has no auth_time')
  const age = Math.round(startedAt.getTime() / 1_000 - authTime)
  // Not "older, so refused": what cannot be compared is refused too.
  if (age <= demands.maxAgeSeconds + clockToleranceSeconds) return
  throw insufficient(
    `the person signed in at the IdP ${String(age)} s before, and max_age is ${String(demands.maxAgeSeconds)}`,
  )
}

/** A refresh tells how the person signed in, too; when that was cannot change. Throws `IDP_AUTHENTICATION_INSUFFICIENT`. */
export function checkAcr(claims: RawClaims, { acrValues }: AuthenticationDemands): void {
  const acr = claims['acr']
  if (acrValues.length === 0 || (typeof acr === 'string' && acrValues.includes(acr))) return
  throw insufficient(`acr is ${String(acr)}, and asked for was ${acrValues.join(' or ')}`)
}

function insufficient(detail: string): PosternError {
  return new PosternError('IDP_AUTHENTICATION_INSUFFICIENT', detail)
}
