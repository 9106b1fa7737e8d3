import { fetchProtectedResource, tokenIntrospection } from 'openid-client'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isObject, type RawClaims } from './claims.ts'
import { isTokenRefusal, talkingToIdp } from './idp-error.ts'
import type { OpenidConnection } from './openid-connection.ts'
import type { ProviderProfile } from './provider-profile.ts'

/** What is known of a token once its signature is verified or its provider was asked. */
export type AboutToken =
  { readonly kind: 'valid'; readonly claims: RawClaims } | { readonly kind: 'refused'; readonly why: string }

interface IntrospectionDeps {
  readonly connection: OpenidConnection
  readonly profile: ProviderProfile
}

/**
 * Asks the provider about a token that says nothing to us (RFC 7662), as the client that we are there.
 * @throws PosternError `IDP_UNAVAILABLE` for every answer that is none, `IDP_MISCONFIGURED`
 */
export async function askAboutToken(token: string, issuer: string, deps: IntrospectionDeps): Promise<AboutToken> {
  const { connection, profile } = deps
  if (profile.tokenInfoUrl !== undefined) return readTokenInfo(token, profile.tokenInfoUrl, connection)
  const configuration = await talkingToIdp('discovery', () => connection.configuration())
  if (configuration.serverMetadata().introspection_endpoint === undefined) {
    return { kind: 'refused', why: 'no JWT, and the provider has no introspection endpoint' }
  }
  const claims: RawClaims = await answerOrNothing(() =>
    connection.authenticated((each) => tokenIntrospection(each, token, { token_type_hint: 'access_token' })),
  )
  return judge(claims, issuer)
}

function judge(claims: RawClaims, issuer: string): AboutToken {
  const { active, iss, token_type: type, typ: kind, token_use: use } = claims
  if (active !== true) return { kind: 'refused', why: 'not active' }
  if (iss !== undefined && iss !== issuer) return { kind: 'refused', why: 'another issuer' }
  // Refresh tokens can be asked about too (RFC 7662, 2.1), and are active for weeks.
  const isAccessToken = typeof type === 'string' && /^(?:bearer|access_token)$/i.test(type)
  const isNamedOtherwise = (kind !== undefined && kind !== 'Bearer') || (use !== undefined && !isAccessUse(use))
  return isAccessToken && !isNamedOtherwise
    ? { kind: 'valid', claims }
    : { kind: 'refused', why: 'another kind of token' }
}

function isAccessUse(use: unknown): boolean {
  return use === 'access' || use === 'access_token'
}

/** Google has an endpoint of its own, which anybody may ask and which knows access tokens only. Its numbers are texts. */
async function readTokenInfo(token: string, url: URL, connection: OpenidConnection): Promise<AboutToken> {
  try {
    const response = await talkingToIdp('token info', async () =>
      fetchProtectedResource(await connection.configuration(), token, url, 'POST'),
    )
    const answer: unknown = await response.json()
    if (response.status === 400) return { kind: 'refused', why: 'not active' }
    if (response.status !== 200 || !isObject(answer)) {
      throw new PosternError('IDP_UNAVAILABLE', `token info: the IdP answered ${String(response.status)}`)
    }
    return { kind: 'valid', claims: { ...answer, exp: Number(answer['exp']) } }
  } catch (error) {
    if (isTokenRefusal(error)) return { kind: 'refused', why: 'not active' }
    if (error instanceof PosternError) throw error
    throw new PosternError('IDP_UNAVAILABLE', 'token info: the IdP’s answer cannot be read', { cause: error })
  }
}

/** An answer that cannot be understood says nothing about the token: it is neither a yes nor a no. */
async function answerOrNothing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await talkingToIdp('introspection', ask)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'IDP_MISCONFIGURED') throw error
    throw new PosternError('IDP_UNAVAILABLE', 'introspection: the IdP gave no usable answer', { cause: error })
  }
}
