import { isPlainJwt } from '@postern/shared/jose/google-id-token.ts'
import type { JwtClaims } from '@postern/shared/jose/jwt.ts'
import type { RemoteKeys } from '@postern/shared/jose/remote-keys.ts'
import { audiencesOf, whyNotNow } from '@postern/shared/jose/token-checks.ts'
import { readTokenShape, type TokenShape } from '@postern/shared/jose/token-shape.ts'
import { identityOfClaims } from './identity-of-claims.ts'
import { refused, type Verified } from './statement.ts'

/** What a token of one issuer has to be. */
export interface ExpectedToken {
  /** As its tokens may spell it. */
  readonly issuers: readonly string[]
  readonly keys: RemoteKeys
  readonly algorithms: readonly string[]
  /** What is wrong with its kind, before and after its signature is known to be good; `undefined`: nothing. */
  readonly whyAnotherKind: (shape: TokenShape) => string | undefined
  readonly userIdOf: (claims: JwtClaims, subject: string) => string
}

/**
 * Verifies a token that its issuer made for a program, or for a person. For whom it is, is checked where it is used.
 * @throws PosternError `IDP_UNAVAILABLE` when there are no keys to verify it with
 */
export async function verifyIssuedToken(token: string, expected: ExpectedToken, now: Date): Promise<Verified> {
  const shape = readTokenShape(token)
  if (!shape) return refused('malformed')
  const issuer = expected.issuers.find((known) => known === shape.claims['iss'])
  if (issuer === undefined) return refused('another issuer')
  const anotherKind = expected.whyAnotherKind(shape)
  if (anotherKind !== undefined) return refused(anotherKind)
  const verdict = await expected.keys.verify(token, expected.algorithms)
  if (verdict.kind === 'refused') return refused(verdict.why)
  const { claims } = verdict
  const untimely = whyNotNow(claims, now)
  if (untimely !== undefined) return refused(untimely)
  const { sub, iat, exp } = claims
  if (typeof sub !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(sub)) return refused('no subject')
  return {
    kind: 'valid',
    statement: {
      issuer,
      audiences: audiencesOf(claims),
      identity: identityOfClaims(claims, expected.userIdOf(claims, sub)),
      issuedAtMs: typeof iat === 'number' ? iat * 1000 : undefined,
      expiresAtMs: Number(exp) * 1000,
    },
  }
}

/** Access tokens of third parties count as well as plain JWTs (RFC 9068, 2.1); what says that it is something else does not. */
export function whyNoProgramToken({ header, claims }: TokenShape): string | undefined {
  const typ = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : header['typ']
  if (!isPlainJwt(typ) && typ !== 'at+jwt' && typ !== 'application/at+jwt') return 'another kind of token'
  return Object.hasOwn(claims, 'events') ? 'a statement about an event' : undefined
}

/**
 * An ID token says for which client it was made, and no more; what says that it is an access token, or tells of a
 * sign-out, is another statement (security case JWT-07).
 */
export function whyNoIdToken({ header, claims }: TokenShape, clientId: string): string | undefined {
  if (!isPlainJwt(header['typ'])) return 'another kind of token'
  const { azp, typ, token_use: use } = claims
  if (azp !== undefined && azp !== clientId) return 'made for another client'
  const isAccessToken = typ === 'Bearer' || use === 'access' || 'scope' in claims || 'scp' in claims
  if (isAccessToken) return 'an access token'
  return 'events' in claims ? 'a statement about an event' : undefined
}
