import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  clockTolerance,
  Configuration,
  customFetch,
  fetchProtectedResource,
} from 'openid-client'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { idpIdOf } from '@postern/shared/session/idp-id.ts'
import type { IdpTokens } from '@postern/shared/session/session.ts'
import { uncounted, type IdpEndpoint } from '../../metrics.ts'
import { boundedFetch, idpTimeoutMs, maxIdpAnswerBytes, type Fetch } from '../bounded-fetch.ts'
import type { AccessTokenVerdict } from '../access-token.ts'
import { isObject, textClaim, type RawClaims } from '../claims.ts'
import { countedFetch } from '../counted-fetch.ts'
import { clockToleranceSeconds } from '../id-token-checks.ts'
import { identityOf } from '../identity-from-claims.ts'
import type { FlowChecks, IdentityProvider, IdpSignIn } from '../identity-provider.ts'
import { idpError, talkingToIdp } from '../idp-error.ts'
import { refusedLogoutToken } from '../logout-token.ts'
import { insecureLoopback } from '../loopback.ts'
import type { OpenidProviderDeps } from '../openid-provider.ts'
import { fixedRequestParameters } from '../provider-profiles.ts'
import { openid, type ProviderProfile } from '../provider-profile.ts'

const apiHeaders = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' }

const profile: ProviderProfile = { ...openid, scopes: ['user:email', 'read:org'] }

/** Everything but the token comes from its API, and is about the person. */
function endpointOf(url: string): IdpEndpoint {
  return new URL(url).pathname === '/login/oauth/access_token' ? 'token' : 'userinfo'
}

/** GitHub speaks OAuth 2.0 without OpenID Connect: who it is comes from its API, and there is no ID token to verify. */
export class GithubProvider implements IdentityProvider {
  readonly id: string
  readonly clientId: string
  readonly formPost = false
  readonly #config: IdpConfig
  readonly #callback: URL
  readonly #send: Fetch
  readonly #log: Logger

  constructor(config: IdpConfig, callback: URL, deps: OpenidProviderDeps) {
    this.id = idpIdOf(config.issuer, config.clientId)
    this.clientId = config.clientId
    this.#config = config
    this.#callback = callback
    const bounded = boundedFetch({ timeoutMs: idpTimeoutMs, maxBytes: maxIdpAnswerBytes }, deps.send)
    this.#send = countedFetch(bounded, endpointOf, { clock: deps.clock, metrics: deps.metrics ?? uncounted() })
    this.#log = deps.log
  }

  /** There is nothing to ask for beforehand. */
  connect(): Promise<void> {
    return Promise.resolve()
  }

  authorizationUrl(checks: FlowChecks): Promise<URL> {
    return talkingToIdp('authorization request', async () => {
      const parameters = fixedRequestParameters(this.#config, profile)
      return buildAuthorizationUrl(this.#configuration(), {
        ...parameters,
        scope: (this.#config.scopes ?? profile.scopes).join(' '),
        redirect_uri: this.#callback.href,
        state: checks.state,
        code_challenge: await calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
      })
    })
  }

  redeemCode(response: URLSearchParams, checks: FlowChecks): Promise<IdpSignIn> {
    return talkingToIdp('code exchange', async () => {
      const configuration = this.#configuration()
      const answered = new URL(this.#callback)
      answered.search = response.toString()
      const tokens = await authorizationCodeGrant(configuration, answered, {
        expectedState: checks.state,
        pkceCodeVerifier: checks.codeVerifier,
      })
      const claims = await this.#claims(configuration, tokens.access_token)
      return {
        identity: identityOf(claims, profile),
        issuer: this.#config.issuer.origin,
        idpSid: undefined,
        tokens: { accessToken: tokens.access_token, refreshToken: undefined, idToken: undefined },
        accessTokenExpiresAtMs: undefined,
      }
    })
  }

  refresh(): Promise<never> {
    return Promise.reject(new PosternError('IDP_REJECTED_CODE', 'GitHub gives no refresh tokens'))
  }

  endSessionUrl(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /** Through GitHub's own API. The token alone and not the grant, which all of the person's sessions share. */
  async revoke({ accessToken }: IdpTokens): Promise<void> {
    if (accessToken === undefined) return
    const { clientId, clientSecret } = this.#config
    const basic = Buffer.from(`${clientId}:${clientSecret?.reveal() ?? ''}`).toString('base64')
    try {
      const response = await this.#send(new URL(`applications/${clientId}/token`, this.#apiRoot()).href, {
        method: 'DELETE',
        headers: { ...apiHeaders, authorization: `Basic ${basic}`, 'content-type': 'application/json' },
        body: JSON.stringify({ access_token: accessToken }),
        redirect: 'manual',
      })
      if (response.status !== 204) {
        throw new PosternError('IDP_UNAVAILABLE', `GitHub answered ${String(response.status)} for a revocation`)
      }
    } catch (error) {
      // The session is over on our side whatever GitHub says.
      this.#log.warn({ error: idpError(error, 'revocation') }, 'the IdP did not revoke a token')
    }
  }

  verifyLogoutToken(): Promise<never> {
    return Promise.reject(refusedLogoutToken('GitHub sends none'))
  }

  verifyAccessToken(): Promise<AccessTokenVerdict> {
    return Promise.resolve({ kind: 'refused', why: 'GitHub does not say for whom it is' })
  }

  issuer(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /** The person, their verified primary address, and their organisations as groups. */
  async #claims(configuration: Configuration, accessToken: string): Promise<RawClaims> {
    const [user, emails, organisations] = await Promise.all(
      ['user', 'user/emails', 'user/orgs'].map((path) => this.#ask(configuration, accessToken, path)),
    )
    if (!isObject(user) || typeof user['id'] !== 'number') throw refused('the user has no id')
    const login = textClaim(user, 'login')
    const primary = listOf(emails).find((email) => email['primary'] === true && email['verified'] === true)
    return {
      sub: String(user['id']),
      name: textClaim(user, 'name') ?? login,
      preferred_username: login,
      picture: textClaim(user, 'avatar_url'),
      ...(primary ? { email: primary['email'], email_verified: true } : {}),
      groups: listOf(organisations)
        .map((organisation) => textClaim(organisation, 'login'))
        .filter((name) => name !== undefined),
    }
  }

  async #ask(configuration: Configuration, accessToken: string, path: string): Promise<unknown> {
    const url = new URL(path, this.#apiRoot())
    const headers = new Headers(apiHeaders)
    const response = await fetchProtectedResource(configuration, accessToken, url, 'GET', null, headers)
    if (response.status === 200) return response.json()
    // Without the scope for it, organisations are simply unknown: no group, never any group.
    if (path === 'user/orgs' && (response.status === 403 || response.status === 404)) return []
    throw new PosternError('IDP_UNAVAILABLE', `GitHub answered ${String(response.status)} for ${path}`)
  }

  #apiRoot(): URL {
    const { issuer } = this.#config
    // GitHub Enterprise Server has its API below its own host.
    return issuer.hostname === 'github.com' ? new URL('https://api.github.com/') : new URL('/api/v3/', issuer)
  }

  #configuration(): Configuration {
    const { issuer, clientId, clientSecret } = this.#config
    const at = (path: string): string => new URL(path, issuer).href
    const configuration = new Configuration(
      {
        issuer: issuer.origin,
        authorization_endpoint: at('/login/oauth/authorize'),
        token_endpoint: at('/login/oauth/access_token'),
      },
      clientId,
      { ...(clientSecret ? { client_secret: clientSecret.reveal() } : {}), [clockTolerance]: clockToleranceSeconds },
    )
    configuration[customFetch] = this.#send
    for (const allow of insecureLoopback(issuer)) allow(configuration)
    return configuration
  }
}

function listOf(answer: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(answer) ? answer.filter(isObject) : []
}

function refused(detail: string): PosternError {
  return new PosternError('IDP_CLAIMS_REFUSED', detail)
}
