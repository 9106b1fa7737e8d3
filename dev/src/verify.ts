import { get, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { get as getSecurely } from 'node:https'
import { text } from 'node:stream/consumers'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import { one, wantsHtml } from './applications/identity-headers.ts'
import { escapeHtml, htmlPage } from './pages/html.ts'
import { serve, type ServeOptions, type Serving } from './serve.ts'

/** What verify tells about a request; programs get it as JSON. */
export interface VerifyAnswer {
  readonly assertion:
    | { readonly kind: 'verified'; readonly claims: JWTPayload }
    | { readonly kind: 'refused'; readonly why: string }
    | { readonly kind: 'missing' }
  /** The identity headers, as they arrived. */
  readonly headers: Readonly<Record<string, string>>
}

export interface VerifyOptions extends ServeOptions {
  /** Where the proxy answers, as seen from here: `http://127.0.0.1:8080`, or over https where a browser would too. */
  readonly proxy: string
  /** The route's own host (with its port), whose key set counts. Never taken from the request. */
  readonly routeHost: string
  readonly clock?: Clock
}

/**
 * An application that is not on Google Cloud and therefore checks for itself: the assertion must be signed with a key
 * that the route publishes, made by and for the route's host, and not expired.
 */
export function startVerify(options: VerifyOptions): Promise<Serving> {
  return serve((request, response) => {
    respond(request, response, options).catch(() => response.writeHead(502).end())
  }, options)
}

async function respond(request: IncomingMessage, response: ServerResponse, options: VerifyOptions): Promise<void> {
  const answer: VerifyAnswer = {
    assertion: await verifyAssertion(one(request.headers['x-pomerium-jwt-assertion']), options),
    headers: identityHeaders(request.headers),
  }
  const html = wantsHtml(request.headers)
  const body = html ? page(answer) : `${JSON.stringify(answer, undefined, 2)}\n`
  const type = html ? 'text/html; charset=utf-8' : 'application/json'
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

async function verifyAssertion(jwt: string | undefined, options: VerifyOptions): Promise<VerifyAnswer['assertion']> {
  if (jwt === undefined) return { kind: 'missing' }
  const hostname = options.routeHost.replace(/:\d+$/, '')
  try {
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(await readKeySet(options)), {
      algorithms: ['ES256', 'RS256'],
      issuer: [hostname, `https://${hostname}/`],
      audience: hostname,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: 5,
      currentDate: (options.clock ?? systemClock).now(),
    })
    return { kind: 'verified', claims: payload }
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : 'unknown' }
  }
}

/** By the proxy's address and the route's name: `*.localhost` is not a name that every resolver knows. */
async function readKeySet({ proxy, routeHost }: VerifyOptions): Promise<JSONWebKeySet> {
  const url = new URL('/.well-known/pomerium/jwks.json', proxy)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? getSecurely : get
    send(url, { headers: { host: routeHost }, signal: AbortSignal.timeout(2000) }, resolve).once('error', reject)
  })
  return JSON.parse(await text(response)) as JSONWebKeySet
}

function identityHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith('x-pomerium-'))
  return Object.fromEntries(found.map(([name, value]) => [name, one(value) ?? '']))
}

function page({ assertion, headers }: VerifyAnswer): string {
  const rows = (pairs: Iterable<readonly [string, unknown]>): string =>
    [...pairs]
      .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd><code>${escapeHtml(show(value))}</code></dd>`)
      .join('')
  const verdict =
    assertion.kind === 'verified'
      ? `<p><span class="badge">The assertion is genuine</span></p><dl>${rows(Object.entries(assertion.claims))}</dl>`
      : `<p><span class="badge bad">${assertion.kind === 'missing' ? 'No assertion came' : `The assertion is refused: ${escapeHtml(assertion.why)}`}</span></p>`
  return htmlPage(
    'Verify',
    `<h1>Who is calling?</h1><p class="quiet">This application believes nobody: it checks the signature itself.</p>
${verdict}<h2>Identity headers</h2><dl>${rows(Object.entries(headers))}</dl>`,
  )
}

/** An assertion would fill the page; programs get it whole. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 100)}… (${String(text.length)} characters)` : text
}
