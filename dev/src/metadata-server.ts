import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import { GoogleKeys, proxyServiceAccount, type ServiceAccount } from './google/google-keys.ts'
import { MetadataFaults } from './google/metadata-faults.ts'
import { answerControl, serve, type ServeOptions } from './serve.ts'

/** A stand-in for the metadata server that every Cloud Run instance has at 169.254.169.254. */
export interface MetadataServer extends AsyncDisposable {
  /** For `GCE_METADATA_HOST`. */
  readonly host: string
  readonly url: string
  readonly account: ServiceAccount
  /** What a Cloud Run stand-in verifies the tokens with; also served at `/oauth2/v3/certs`. */
  readonly keys: GoogleKeys
  readonly faults: MetadataFaults
}

export interface MetadataServerOptions extends ServeOptions {
  readonly account?: ServiceAccount
  readonly keys?: GoogleKeys
  readonly clock?: Clock
}

const root = '/computeMetadata/v1'
/** The real one hands out the same token until its last five minutes; renewing earlier than that gains nothing. */
const reuseUntilMs = 300_000

export async function startMetadataServer(options: MetadataServerOptions = {}): Promise<MetadataServer> {
  const account = options.account ?? proxyServiceAccount
  const keys = options.keys ?? (await GoogleKeys.create())
  const faults = new MetadataFaults()
  const tokens = new TokenShelf(account, keys, options.clock ?? systemClock, faults)

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (answerControl(request, response, faults.requests, options)) return
    const url = new URL(request.url ?? '/', 'http://metadata')
    if (url.pathname === '/oauth2/v3/certs') {
      sendJson(response, keys.keySet)
      return
    }
    const audience = url.pathname.endsWith('/identity') ? (url.searchParams.get('audience') ?? undefined) : undefined
    faults.record({ method: request.method ?? '', path: url.pathname, audience })
    if (await faults.interfere(response)) return
    if (request.headers['metadata-flavor'] !== 'Google') {
      send(response, 403, 'Missing Metadata-Flavor:Google header.')
      return
    }
    if (audience === '' || (audience === undefined && url.pathname.endsWith('/identity'))) {
      send(response, 400, 'non-empty audience parameter required')
      return
    }
    const text = audience === undefined ? plainValue(url.pathname, account) : await tokens.tokenFor(audience)
    if (text === undefined) send(response, 404, 'Not Found')
    else send(response, 200, text)
  }

  const serving = await serve((request, response) => void respond(request, response), options)
  return {
    host: `127.0.0.1:${String(serving.port)}`,
    url: serving.url,
    account,
    keys,
    faults,
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  }
}

/** Tokens already handed out, by audience. */
class TokenShelf {
  readonly #tokens = new Map<string, { token: string; expiresAtMs: number }>()
  readonly #account: ServiceAccount
  readonly #keys: GoogleKeys
  readonly #clock: Clock
  readonly #faults: MetadataFaults

  constructor(account: ServiceAccount, keys: GoogleKeys, clock: Clock, faults: MetadataFaults) {
    this.#account = account
    this.#keys = keys
    this.#clock = clock
    this.#faults = faults
  }

  async tokenFor(audience: string): Promise<string> {
    const nowMs = this.#clock.now().getTime()
    const shelved = this.#tokens.get(audience)
    if (shelved !== undefined && shelved.expiresAtMs - nowMs > reuseUntilMs) return shelved.token
    const lifetimeSeconds = this.#faults.tokenLifetimeSeconds
    const token = await this.#keys.idToken(this.#account, audience, {
      clock: this.#clock,
      lifetimeSeconds,
      claims: this.#faults.extraClaims,
    })
    this.#tokens.set(audience, { token, expiresAtMs: nowMs + lifetimeSeconds * 1000 })
    return token
  }
}

/** The answers that are not tokens. */
function plainValue(path: string, account: ServiceAccount): string | undefined {
  const inAccount = [`${root}/instance/service-accounts/default`, `${root}/instance/service-accounts/${account.email}`]
  for (const base of inAccount) {
    if (path === `${base}/email`) return account.email
    if (path === `${base}/aliases`) return 'default'
    if (path === `${base}/scopes`) return 'https://www.googleapis.com/auth/cloud-platform'
    if (path === `${base}/token`) {
      return JSON.stringify({ access_token: 'ya29.postern-dev', expires_in: 3599, token_type: 'Bearer' })
    }
  }
  return {
    [`${root}/instance`]: 'id\nregion\nservice-accounts/\n',
    [`${root}/instance/`]: 'id\nregion\nservice-accounts/\n',
    [`${root}/instance/id`]: '0087244a80',
    [`${root}/instance/region`]: 'projects/123456789012/regions/europe-west1',
    [`${root}/project/project-id`]: 'example-project',
    [`${root}/project/numeric-project-id`]: '123456789012',
    [`${root}/universe/universe-domain`]: 'googleapis.com',
  }[path]
}

function send(response: ServerResponse, status: number, text: string): void {
  const headers = { 'metadata-flavor': 'Google', server: 'Metadata Server for VM', 'content-type': 'application/text' }
  response.writeHead(status, headers).end(text)
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
