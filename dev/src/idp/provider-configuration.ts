import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { loopbackFetch } from './loopback-fetch.ts'
import { memoryAdapter } from './memory-adapter.ts'
import { providerErrorPage, signedOutPage, signOutPage } from './pages.ts'
import type { Person } from './people.ts'

/** The one client, and what may be different about the provider. */
export interface ProviderOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
  /** Where people may be sent after signing out. */
  readonly postLogoutRedirectUris: readonly string[]
  /** Where the provider says that somebody signed out there, on this machine. Left out: nowhere. */
  readonly backChannelLogoutUri?: string
  /** Lifetime of access tokens. Default: one hour. */
  readonly accessTokenSeconds?: number
}

const hour = 3600

/** How a company's provider behaves: PKCE, claims in the ID token, refresh tokens that rotate. Consent is taken as given. */
export async function providerConfiguration(
  options: ProviderOptions,
  people: readonly Person[],
): Promise<Configuration> {
  return {
    adapter: memoryAdapter(),
    clients: [client(options)],
    clientAuthMethods: ['client_secret_post', 'client_secret_basic'],
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access'],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name', 'groups'],
    },
    conformIdTokenClaims: false, // claims in the ID token, as Google and most others do
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: { ...features, backchannelLogout: { enabled: true } },
    fetch: loopbackFetch,
    ttl: {
      AccessToken: options.accessTokenSeconds ?? hour,
      IdToken: hour,
      RefreshToken: 24 * hour,
      Interaction: hour,
      Session: 24 * hour,
      Grant: 24 * hour,
    },
    issueRefreshToken: (_, requester) => requester.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    findAccount: (_, id) => {
      const person = people.find((each) => each.id === id)
      return person && { accountId: id, claims: () => claimsOf(person) }
    },
    loadExistingGrant,
    renderError: (context, { error, error_description: description }) => {
      context.type = 'html'
      context.body = providerErrorPage(error, description ?? '')
    },
  }
}

const features: NonNullable<Configuration['features']> = {
  devInteractions: { enabled: false },
  introspection: { enabled: true, allowedPolicy: (_, { clientId }, token) => token.clientId === clientId },
  // A token that is asked for by an API’s name (RFC 8707) is a JWT for that API.
  resourceIndicators: {
    enabled: true,
    getResourceServerInfo: (_, audience) => ({ scope: '', audience, accessTokenFormat: 'jwt' }),
  },
  revocation: { enabled: true, allowedPolicy: (_, { clientId }, token) => token.clientId === clientId },
  rpInitiatedLogout: {
    enabled: true,
    logoutSource: (context, form) => {
      context.body = signOutPage(form)
    },
    postLogoutSuccessSource: (context) => {
      context.body = signedOutPage()
    },
  },
}

function client(options: ProviderOptions): ClientMetadata {
  return {
    client_id: options.clientId,
    client_secret: options.clientSecret,
    redirect_uris: [...options.redirectUris],
    post_logout_redirect_uris: [...options.postLogoutRedirectUris],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
    ...(options.backChannelLogoutUri !== undefined && {
      backchannel_logout_uri: options.backChannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  }
}

/** Whoever signs in here agrees to everything, so that no consent page is needed. */
async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
  const clientId = oidc.client?.clientId
  const known = clientId === undefined ? undefined : oidc.session?.grantIdFor(clientId)
  const found = known === undefined ? undefined : await oidc.provider.Grant.find(known)
  const grant = found ?? new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId })
  grant.addOIDCScope(String(oidc.params?.['scope']))
  await grant.save()
  return grant
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: 'postern-dev-idp-key', alg: 'RS256', use: 'sig' }
}

function claimsOf({ id, name, email, groups }: Person) {
  const [givenName, ...rest] = name.split(' ')
  const familyName = rest.join(' ')
  return { sub: id, name, given_name: givenName, family_name: familyName, email, email_verified: true, groups }
}
