import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { AccessTokenStatement } from '../idp/access-token.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'

interface VerifyAccessTokenRequest {
  readonly idpId: string
  readonly accessToken: string
}

interface VerifyAccessTokenResponse {
  readonly outcome: 'OUTCOME_VALID' | 'OUTCOME_REFUSED'
  readonly whyRefused?: string
  readonly issuer?: string
  readonly audiences?: string[]
  readonly userId?: string
  readonly email?: string
  readonly name?: string
  readonly claimsJson?: string
  readonly issuedAtMs?: number
  readonly expiresAtMs?: number
}

export interface VerifyAccessTokenDeps {
  readonly idps: Pick<IdentityProviders, 'find'>
}

/** Has the identity provider say what an access token is good for; whether that is enough, authorize decides. */
export function verifyAccessToken({ idps }: VerifyAccessTokenDeps) {
  return async ({ idpId, accessToken }: VerifyAccessTokenRequest): Promise<VerifyAccessTokenResponse> => {
    const idp = idps.find(idpId)
    // The two services read one configuration, and not always at the same moment.
    if (!idp) throw new PosternError('IDP_UNAVAILABLE', `no client at the identity provider has the id ${idpId}`)
    const verdict = await idp.verifyAccessToken(accessToken)
    if (verdict.kind === 'refused') return { outcome: 'OUTCOME_REFUSED', whyRefused: verdict.why }
    return { outcome: 'OUTCOME_VALID', ...encodeStatement(verdict.statement) }
  }
}

function encodeStatement(statement: AccessTokenStatement): Partial<VerifyAccessTokenResponse> {
  const { identity, issuer, audiences, issuedAtMs = 0, expiresAtMs = 0 } = statement
  const { userId, email = '', name = '', claims } = identity
  const who = { userId, email, name, claimsJson: JSON.stringify(claims) }
  return { ...who, issuer, audiences: [...audiences], issuedAtMs, expiresAtMs }
}
