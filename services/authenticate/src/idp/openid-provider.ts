import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  fetchUserInfo,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client'
import type { Clock } from '@postern/shared/clock.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { verifyByKeySet, type VerifiedStatement } from '@postern/shared/jose/key-set.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { idpIdOf } from '@postern/shared/session/idp-id.ts'
import type { IdpTokens } from '@postern/shared/session/session.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { verifyAccessToken, type AccessTokenVerdict } from './access-token.ts'
import { textClaim, type RawClaims } from './claims.ts'
import type { CountedFetchDeps } from './counted-fetch.ts'
import { type AuthenticationDemands, checkAcr, checkAuthentication, demandsOf } from './authentication-demands.ts'
import { acceptedAlgorithms, checkIdToken, checkSubject, readClaims } from './id-token-checks.ts'
import type {
  FlowChecks,
  IdentityProvider,
  IdpSignIn,
  RefreshedTokens,
  RefreshSubject,
  SignInHints,
} from './identity-provider.ts'
import { idpError, isInvalidGrant, talkingToIdp } from './idp-error.ts'
import { identityOf, joinClaims, withoutForeignAddress } from './identity-from-claims.ts'
import { checkLogoutToken, refusedLogoutToken, type LogoutToken } from './logout-token.ts'
import { isIssuerOf } from './is-issuer-of.ts'
import { OpenidConnection } from './openid-connection.ts'
import { fixedRequestParameters, profileOf } from './provider-profiles.ts'
import type { ProviderProfile } from './provider-profile.ts'
import { checkRefreshedIdToken, checkSamePerson, claimsOfSignIn } from './refreshed-id-token.ts'

/** After an IdP gave tokens and did not say whose: when it is asked again. */
const askAgainMs = 60_000
const maxLogoutTokenChars = 16_384

export interface OpenidProviderDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly send?: typeof fetch
  /** Left out: nothing is counted. */
  readonly metrics?: CountedFetchDeps['metrics']
}

/** An OpenID Connect provider, through openid-client. What that library leaves out is in `id-token-checks.ts`. */
export class OpenidProvider implements IdentityProvider {
  readonly id: string
  readonly clientId: string
  readonly formPost: boolean
  readonly #config: IdpConfig
  readonly #profile: ProviderProfile
  readonly #demands: AuthenticationDemands
  readonly #callback: URL
  readonly #deps: OpenidProviderDeps
  readonly #connection: OpenidConnection

  constructor(config: IdpConfig, callback: URL, deps: OpenidProviderDeps) {
    this.#config = config
    this.#profile = profileOf(config.provider)
    this.#demands = demandsOf(config)
    this.#callback = callback
    this.#deps = deps
    this.#connection = new OpenidConnection(config, deps)
    this.id = idpIdOf(config.issuer, config.clientId)
    this.clientId = config.clientId
    this.formPost = this.#profile.requiredParams?.['response_mode'] === 'form_post'
  }

  get keySetAgeMs(): number | undefined {
    return this.#connection.keySetAgeMs
  }

  async connect(): Promise<void> {
    await talkingToIdp('discovery', () => this.#connection.configuration())
  }

  async authorizationUrl(checks: FlowChecks, { loginHint }: SignInHints = {}): Promise<URL> {
    return talkingToIdp('authorization request', async () => {
      const configuration = await this.#connection.configuration()
      return buildAuthorizationUrl(configuration, {
        ...fixedRequestParameters(this.#config, this.#profile),
        ...(loginHint === undefined ? {} : { login_hint: loginHint }),
        redirect_uri: this.#callback.href,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
      })
    })
  }

  async redeemCode(response: URLSearchParams, checks: FlowChecks): Promise<IdpSignIn> {
    const answered = new URL(this.#callback)
    answered.search = response.toString()
    return talkingToIdp('code exchange', () =>
      this.#connection.authenticated(async (configuration) => {
        const tokens = await authorizationCodeGrant(configuration, answered, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.codeVerifier,
          idTokenExpected: true,
        })
        return this.#signInFrom(configuration, tokens, checks.startedAt)
      }),
    )
  }

  async refresh(subject: RefreshSubject): Promise<RefreshedTokens> {
    const { refreshToken } = subject.tokens
    if (refreshToken === undefined) throw new PosternError('IDP_REJECTED_CODE', 'there is no refresh token')
    const fresh = await talkingToIdp('refresh', async () => {
      try {
        return await this.#connection.authenticated((configuration) => refreshTokenGrant(configuration, refreshToken))
      } catch (error) {
        const code = idpError(error, 'refresh').code
        // Only invalid_grant ends a session: any other refusal may be the IdP's or the operator's mistake (REL-H4).
        if (code !== 'IDP_REJECTED_CODE' || isInvalidGrant(error)) throw error
        throw new PosternError('IDP_UNAVAILABLE', 'the IdP refused the refresh', { cause: error })
      }
    })
    if (fresh.id_token !== undefined) {
      checkIdToken(fresh.id_token, fresh.access_token, this.#config.clientId, this.#deps.clock.now())
      checkRefreshedIdToken(fresh.id_token, subject)
    }
    const said = fresh.id_token === undefined ? {} : readClaims(fresh.id_token)
    checkAcr({ ...claimsOfSignIn(subject.identity), ...said }, this.#demands)
    const tokens = {
      accessToken: fresh.access_token,
      refreshToken: fresh.refresh_token ?? refreshToken,
      idToken: fresh.id_token ?? subject.tokens.idToken,
    }
    const identity = await this.#describeAnew(subject, tokens, fresh.id_token !== undefined)
    return identity
      ? { tokens, identity, accessTokenExpiresAtMs: this.#expiryOf(fresh.expires_in) }
      : { tokens, identity: subject.identity, accessTokenExpiresAtMs: this.#now() + askAgainMs }
  }

  async endSessionUrl(idToken: string | undefined, returnTo: URL): Promise<URL | undefined> {
    if (!this.#connection.hasEndSession) return undefined
    return talkingToIdp('end session', async () =>
      buildEndSessionUrl(await this.#connection.configuration(), {
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
        post_logout_redirect_uri: returnTo.href,
      }),
    )
  }

  async revoke(tokens: IdpTokens): Promise<void> {
    const token = tokens.refreshToken ?? tokens.accessToken
    if (token === undefined) return
    const hint = tokens.refreshToken === undefined ? 'access_token' : 'refresh_token'
    try {
      await this.#connection.authenticated(async (configuration) => {
        if (configuration.serverMetadata().revocation_endpoint === undefined) return
        await tokenRevocation(configuration, token, { token_type_hint: hint })
      })
    } catch (error) {
      // The session is over on our side whatever the IdP says; its token runs out by itself.
      this.#deps.log.warn({ error: idpError(error, 'revocation') }, 'the IdP did not revoke a token')
    }
  }

  async issuer(): Promise<string> {
    return talkingToIdp('discovery', async () => (await this.#connection.configuration()).serverMetadata().issuer)
  }

  async verifyLogoutToken(token: string): Promise<LogoutToken> {
    const issuer = await this.issuer()
    const statement = await talkingToIdp('key set', () => this.#verifySignature(token))
    if (statement.kind === 'refused') throw refusedLogoutToken(statement.why)
    const { header, claims } = statement
    const [iss, tenant] = [textClaim(claims, 'iss') ?? '', textClaim(claims, 'tid')]
    if (!(await isIssuerOf(this, iss))) throw refusedLogoutToken('another issuer')
    return checkLogoutToken(header, claims, {
      issuer: tenant === undefined ? iss : issuer.replace('{tenantid}', tenant),
      clientId: this.clientId,
      userIdClaim: this.#profile.userIdClaim,
      now: this.#deps.clock.now(),
    })
  }

  verifyAccessToken(token: string): Promise<AccessTokenVerdict> {
    const [connection, config, profile] = [this.#connection, this.#config, this.#profile]
    return verifyAccessToken(token, { connection, config, profile, clock: this.#deps.clock })
  }

  async #verifySignature(token: string): Promise<VerifiedStatement> {
    const options = { algorithms: acceptedAlgorithms, maxChars: maxLogoutTokenChars }
    const verdict = await verifyByKeySet(token, { ...options, jwks: await this.#connection.keySet('known') })
    if (verdict.kind === 'valid' || verdict.why !== 'unknown-key') return verdict
    return verifyByKeySet(token, { ...options, jwks: await this.#connection.keySet('anew') })
  }

  async #signInFrom(
    configuration: Configuration,
    tokens: Awaited<ReturnType<typeof authorizationCodeGrant>>,
    startedAt: Date,
  ): Promise<IdpSignIn> {
    const idToken = tokens.id_token
    const claims: RawClaims | undefined = tokens.claims()
    if (idToken === undefined || !claims) throw new PosternError('IDP_CLAIMS_REFUSED', 'no ID token came')
    checkIdToken(idToken, tokens.access_token, this.#config.clientId, this.#deps.clock.now())
    checkAuthentication(claims, this.#demands, startedAt)
    const userInfo = await this.#userInfo(configuration, tokens.access_token, checkSubject(claims))
    return {
      identity: this.#identityOf(joinClaims(claims, userInfo)),
      issuer: String(claims['iss']),
      idpSid: textClaim(claims, 'sid'),
      tokens: { accessToken: tokens.access_token, refreshToken: tokens.refresh_token, idToken },
      accessTokenExpiresAtMs: this.#expiryOf(tokens.expires_in),
    }
  }

  async #userInfo(configuration: Configuration, accessToken: string, subject: string): Promise<RawClaims | undefined> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined
    // openid-client compares the subject (OIDC-11). Failing here is failing to know who it is: no sign-in (REL-D4).
    return fetchUserInfo(configuration, accessToken, subject)
  }

  /**
   * Who that is now, groups and all: what the IdP no longer says is gone. `undefined` when the userinfo endpoint does not
   * answer: the tokens are new and may not be lost, so the person is described again with the next refresh, soon.
   */
  async #describeAnew(
    subject: RefreshSubject,
    tokens: IdpTokens & { readonly accessToken: string },
    idTokenIsNew: boolean,
  ): Promise<Identity | undefined> {
    if (tokens.idToken === undefined) return subject.identity
    const claims = readClaims(tokens.idToken)
    try {
      const userInfo = await talkingToIdp('userinfo', async () =>
        this.#userInfo(await this.#connection.configuration(), tokens.accessToken, String(claims['sub'])),
      )
      // A new ID token wins, as at the sign-in; over an old one the newer statement does.
      const said = idTokenIsNew ? joinClaims(claims, userInfo) : joinClaims(userInfo ?? claims, claims)
      const raw = { ...claimsOfSignIn(subject.identity), ...said }
      const identity = this.#identityOf(raw)
      checkSamePerson(identity, subject)
      return identity
    } catch (error) {
      if (!(error instanceof PosternError) || error.code !== 'IDP_UNAVAILABLE') throw error
      this.#deps.log.warn({ error, idp: this.id }, 'the IdP did not describe a person anew')
      return undefined
    }
  }

  #identityOf(raw: RawClaims): Identity {
    const own = withoutForeignAddress(raw, this.#connection.isForManyTenants)
    return identityOf(own, this.#profile, this.#config.groupsClaim)
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }

  #expiryOf(expiresInSeconds: number | undefined): number | undefined {
    if (expiresInSeconds === undefined || expiresInSeconds <= 0) return undefined
    return this.#now() + expiresInSeconds * 1_000
  }
}
