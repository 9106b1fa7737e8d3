import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Provider } from 'oidc-provider'
import { providerErrorPage, signInPage } from './idp/pages.ts'
import { ada, mallory, type Person } from './idp/people.ts'
import { providerConfiguration, type ProviderOptions } from './idp/provider-configuration.ts'
import { serve, type ServeOptions } from './serve.ts'

/** A real, certified OpenID provider on this machine, with people instead of passwords. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string
  readonly people: readonly Person[]
  /** Requests to the endpoints, in order: `POST /token`, … */
  readonly requests: readonly string[]
}

export interface IdentityProviderOptions extends ServeOptions, ProviderOptions {
  /** Default: `http://localhost:PORT`. */
  readonly issuer?: string
  readonly people?: readonly Person[]
  /** Where somebody goes on who came back to a sign-in that is over. Left out: nowhere. */
  readonly applicationUrl?: string
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
  const provider = new Provider(issuer, await providerConfiguration(options, people))
  const endpoints = provider.callback()
  pending.resolve((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    requests.push(`${request.method ?? ''} ${path}`)
    if (path.startsWith('/interaction/'))
      void interact({ provider, people, applicationUrl: options.applicationUrl }, request, response)
    else void endpoints(request, response)
  })
  return { issuer, people, requests, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() }
}

interface Interaction {
  readonly provider: Provider
  readonly people: readonly Person[]
  readonly applicationUrl: string | undefined
}

/** The sign-in page and its answer. There is no consent page: whoever signs in here agrees. */
async function interact(
  { provider, people, applicationUrl }: Interaction,
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
    response.end(
      providerErrorPage('interaction_expired', 'This sign-in was finished already or took too long.', applicationUrl),
    )
  }
}
