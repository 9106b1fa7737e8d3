import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type Configuration } from 'oidc-provider'
import { memoryAdapter } from './idp/memory-adapter.ts'
import { providerErrorPage, signedOutPage, signInPage, signOutPage } from './idp/pages.ts'
import { ada, mallory, type Person } from './idp/people.ts'
import { serve, type ServeOptions } from './serve.ts'

/** A real, certified OpenID provider on this machine, with people instead of passwords. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string
  readonly people: readonly Person[]
  /** Requests to the endpoints, in order: `POST /token`, … */
  readonly requests: readonly string[]
}

export interface IdentityProviderOptions extends ServeOptions {
  /** Default: `http://localhost:PORT`. */
  readonly issuer?: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[]
  /** Where people may be sent after signing out. */
  readonly postLogoutRedirectUris: readonly string[]
  readonly people?: readonly Person[]
  /** Lifetime of access tokens. Default: one hour. */
  readonly accessTokenSeconds?: number
}

export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const people = options.people ?? [ada, mallory]
  const requests: string[] = []
  const pending = Promise.withResolvers<(request: IncomingMessage, response: ServerResponse) => void>()
  const serving = await serve(
    (request, response) => void pending.promise.then((respond) => respond(request, response)),
    options,
  )
  const issuer = options.issuer ?? `http://localhost:${String(serving.port)}`
  const provider = new Provider(issuer, await configuration(options, people))
  const endpoints = provider.callback()
  pending.resolve((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    requests.push(`${request.method ?? ''} ${path}`)
    if (path.startsWith('/interaction/')) void interact(provider, people, request, response)
    else void endpoints(request, response)
  })
  return { issuer, people, requests, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() }
}

/** The sign-in page and its answer. There is no consent page: whoever signs in here agrees. */
async function interact(
  provider: Provider,
  people: readonly Person[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { prompt } = await provider.interactionDetails(request, response)
    if (prompt.name === 'consent') {
      await provider.interactionFinished(request, response, { consent: {} }, { mergeWithLastSubmission: true })
    } else if (request.method === 'POST') {
      const chosen = new URLSearchParams(await text(request)).get('person')
      const person = people.find(({ id }) => id === chosen)
      const result = person
        ? { login: { accountId: person.id } }
        : { error: 'access_denied', error_description: 'The person chose not to sign in.' }
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
    } else {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      response.end(signInPage(people, request.url ?? ''))
    }
  } catch {
    response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' })
    response.end(providerErrorPage('interaction_expired', 'This sign-in was finished already or took too long.'))
  }
}

async function configuration(options: IdentityProviderOptions, people: readonly Person[]): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const hour = 3600
  return {
    adapter: memoryAdapter(),
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uris: [...options.redirectUris],
        post_logout_redirect_uris: [...options.postLogoutRedirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    clientAuthMethods: ['client_secret_post', 'client_secret_basic'],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'postern-dev-idp-key', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [crypto.randomUUID()] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access'],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name'],
      groups: ['groups'],
    },
    conformIdTokenClaims: false, // claims in the ID token, as Google and most others do
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = signOutPage(form)
        },
        postLogoutSuccessSource: (context) => {
          context.body = signedOutPage()
        },
      },
    },
    ttl: {
      AccessToken: options.accessTokenSeconds ?? hour,
      IdToken: hour,
      RefreshToken: 24 * hour,
      Interaction: hour,
      Session: 24 * hour,
      Grant: 24 * hour,
    },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    findAccount: (_, id) => {
      const person = people.find((each) => each.id === id)
      return person && { accountId: id, claims: () => claimsOf(person) }
    },
    loadExistingGrant: async (context) => {
      const { client, session, provider, params } = context.oidc
      const existing = session?.grantIdFor(client?.clientId ?? '')
      const found = existing === undefined ? undefined : await provider.Grant.find(existing)
      const grant = found ?? new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope(String(params?.['scope']))
      await grant.save()
      return grant
    },
    renderError: (context, { error, error_description: description }) => {
      context.type = 'html'
      context.body = providerErrorPage(error, description ?? '')
    },
  }
}

function claimsOf({ id, name, email, groups }: Person) {
  const [givenName, ...rest] = name.split(' ')
  const familyName = rest.join(' ')
  return { sub: id, name, given_name: givenName, family_name: familyName, email, email_verified: true, groups }
}
