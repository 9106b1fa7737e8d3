import { fetchUserInfo, skipSubjectCheck } from 'openid-client'
import type { Clock } from '@postern/shared/clock.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { verifyByKeySet } from '@postern/shared/jose/key-set.ts'
import { audiencesOf, whyNotNow } from '@postern/shared/jose/token-checks.ts'
import { maxPresentedTokenChars, readTokenShape, type TokenShape } from '@postern/shared/jose/token-shape.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { scopesOf, whyNoAccessToken } from './access-token-kind.ts'
import { textClaim, type RawClaims } from './claims.ts'
import { acceptedAlgorithms } from './id-token-checks.ts'
import { identityOf, joinClaims, withoutForeignAddress } from './identity-from-claims.ts'
import { isTokenRefusal, talkingToIdp } from './idp-error.ts'
import { askAboutToken, type AboutToken } from './introspection.ts'
import type { OpenidConnection } from './openid-connection.ts'
import type { ProviderProfile } from './provider-profile.ts'

/** What the identity provider says of an access token. */
export interface AccessTokenStatement {
  readonly issuer: string
  /** For whom it is; never empty. Whether that is us, whoever takes the token has to check. */
  readonly audiences: readonly string[]
  readonly identity: Identity
  readonly issuedAtMs: number | undefined
  readonly expiresAtMs: number | undefined
}

/** The reason is for the log; nothing of the token is in it. */
export type AccessTokenVerdict =
  | { readonly kind: 'valid'; readonly statement: AccessTokenStatement }
  | { readonly kind: 'refused'; readonly why: string }

export interface AccessTokenDeps {
  readonly connection: OpenidConnection
  readonly config: IdpConfig
  readonly profile: ProviderProfile
  readonly clock: Clock
}

/**
 * Verifies an access token that a program presents to us as to a resource server: a JWT of the provider by its keys
 * (RFC 9068, 4), any other by asking (RFC 7662). A token of which nobody says for whom it is, is refused.
 * @throws PosternError `IDP_UNAVAILABLE` when the provider does not answer, `IDP_MISCONFIGURED` when it refuses our own
 *   credentials: nothing is known about the token then
 */
export async function verifyAccessToken(token: string, deps: AccessTokenDeps): Promise<AccessTokenVerdict> {
  if (token.length > maxPresentedTokenChars) return refused('malformed')
  const shape = readTokenShape(token)
  // Only JWTs that name an issuer can be told from what is opaque to us.
  const isJwt = shape !== undefined && typeof shape.claims['iss'] === 'string'
  const issuer = await issuerFor(shape, deps)
  const about = isJwt ? await verifyJwt(token, shape, issuer, deps) : await askAboutToken(token, issuer, deps)
  if (about.kind === 'refused') return about
  const why = whyUnusable(about.claims, isJwt, deps.clock.now())
  return why === undefined ? describe(token, issuer, about.claims, deps) : refused(why)
}

async function issuerFor(shape: TokenShape | undefined, { connection }: AccessTokenDeps): Promise<string> {
  const configuration = await talkingToIdp('discovery', () => connection.configuration())
  // Entra ID names its tenant in every token, and itself as a template.
  return configuration.serverMetadata().issuer.replace('{tenantid}', textClaim(shape?.claims ?? {}, 'tid') ?? '')
}

async function verifyJwt(
  token: string,
  shape: TokenShape,
  issuer: string,
  { connection }: AccessTokenDeps,
): Promise<AboutToken> {
  if (shape.claims['iss'] !== issuer) return refused('another issuer')
  const anotherKind = whyNoAccessToken(shape)
  if (anotherKind !== undefined) return refused(anotherKind)
  return talkingToIdp('key set', async () => {
    const options = { algorithms: acceptedAlgorithms, maxChars: maxPresentedTokenChars }
    const verdict = await verifyByKeySet(token, { ...options, jwks: await connection.keySet('known') })
    if (verdict.kind === 'valid' || verdict.why !== 'unknown-key') return verdict
    return verifyByKeySet(token, { ...options, jwks: await connection.keySet('anew') })
  })
}

function whyUnusable(claims: RawClaims, isJwt: boolean, now: Date): string | undefined {
  const untimely = whyNotNow(claims, now, { mayBeEndless: !isJwt })
  if (untimely !== undefined) return untimely
  // Whoever only read the token cannot prove that they hold the key (RFC 8705, 3; RFC 9449, 7.1). Nor do we ask for it.
  if (claims['cnf'] !== undefined) return 'bound to a key'
  return audiencesFor(claims).length === 0 ? 'no audience' : undefined
}

/** A token without an audience is for the provider itself; then what counts is to which client it gave the token. */
function audiencesFor(claims: RawClaims): readonly string[] {
  const { aud, client_id: clientId } = claims
  return aud === undefined ? audiencesOf({ aud: clientId }) : audiencesOf(claims)
}

/** Who that is: as the token says, and as the provider says now where the token is one that may ask it. */
async function describe(
  token: string,
  issuer: string,
  said: RawClaims,
  deps: AccessTokenDeps,
): Promise<AccessTokenVerdict> {
  const { profile, config, connection } = deps
  const claims = withSubject(said, profile)
  try {
    const userInfo = scopesOf(claims).includes('openid') ? await readUserInfo(token, claims, deps) : undefined
    const own = withoutForeignAddress(joinClaims(claims, userInfo), connection.isForManyTenants)
    const identity = identityOf(own, profile, config.groupsClaim)
    const { iat, exp } = claims
    const [issuedAtMs, expiresAtMs] = [iat, exp].map((at) => (typeof at === 'number' ? at * 1_000 : undefined))
    return { kind: 'valid', statement: { issuer, audiences: audiencesFor(claims), identity, issuedAtMs, expiresAtMs } }
  } catch (error) {
    if (error instanceof PosternError && error.code === 'IDP_CLAIMS_REFUSED') return refused('claims')
    if (isTokenRefusal(error)) return refused('refused by the userinfo endpoint')
    throw error
  }
}

function withSubject(claims: RawClaims, { accessTokenSubject }: ProviderProfile): RawClaims {
  const subject = accessTokenSubject === undefined ? undefined : textClaim(claims, accessTokenSubject)
  return subject === undefined ? claims : { ...claims, sub: subject }
}

async function readUserInfo(
  token: string,
  claims: RawClaims,
  { connection }: AccessTokenDeps,
): Promise<RawClaims | undefined> {
  return talkingToIdp('userinfo', async () => {
    const configuration = await connection.configuration()
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined
    // GitLab names no subject when it is asked about a token: there is nothing yet with which the answer could disagree.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return fetchUserInfo(configuration, token, textClaim(claims, 'sub') ?? skipSubjectCheck)
  })
}

function refused(why: string): Extract<AccessTokenVerdict, { kind: 'refused' }> {
  return { kind: 'refused', why }
}
