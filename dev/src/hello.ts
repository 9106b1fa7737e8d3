import type { IncomingMessage, ServerResponse } from 'node:http'
import { claimsOf, one, textOf, visitorOf, wantsHtml, type Visitor } from './applications/identity-headers.ts'
import { escapeHtml, htmlPage } from './pages/html.ts'
import { serve, type ServeOptions, type Serving } from './serve.ts'

/** What hello tells about a request; programs get it as JSON. */
export interface HelloAnswer {
  readonly person: Visitor | undefined
  /** The token of the calling proxy, as Cloud Run left it: checked, and without its signature. */
  readonly google: GoogleToken | undefined
  readonly request: { readonly method: string; readonly path: string; readonly host: string }
}

export interface GoogleToken {
  readonly header: string
  readonly audience: string | undefined
  readonly serviceAccount: string | undefined
  readonly expiresAt: string | undefined
}

/** The application behind the private Cloud Run service: shows who is there and how the request came. */
export function startHello(options: ServeOptions = {}): Promise<Serving> {
  return serve((request, response) => {
    respond(request, response)
  }, options)
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  const answer: HelloAnswer = {
    person: visitorOf(request.headers),
    google: googleToken(request),
    request: { method: request.method ?? '', path: request.url ?? '', host: forwardedHost(request) },
  }
  const html = wantsHtml(request.headers)
  const body = html ? page(answer) : `${JSON.stringify(answer, undefined, 2)}\n`
  const type = html ? 'text/html; charset=utf-8' : 'application/json'
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

function googleToken(request: IncomingMessage): GoogleToken | undefined {
  for (const header of ['X-Serverless-Authorization', 'Authorization']) {
    const [scheme, token] = (one(request.headers[header.toLowerCase()]) ?? '').split(' ')
    const claims = scheme === 'Bearer' ? claimsOf(token) : undefined
    if (claims === undefined || !token?.endsWith('.SIGNATURE_REMOVED_BY_GOOGLE')) continue
    return {
      header,
      audience: textOf(claims['aud']),
      serviceAccount: textOf(claims['email']),
      expiresAt: typeof claims['exp'] === 'number' ? new Date(claims['exp'] * 1000).toISOString() : undefined,
    }
  }
  return undefined
}

function forwardedHost(request: IncomingMessage): string {
  return one(request.headers['x-forwarded-host']) ?? request.headers.host ?? ''
}

function page({ person, google, request }: HelloAnswer): string {
  const who = person?.name ?? person?.email
  return htmlPage(
    'Hello',
    `<h1>Hello${who === undefined ? '' : `, ${escapeHtml(who)}`}</h1>
<p class="quiet">${person?.email === undefined ? 'Nobody said who you are.' : `You are signed in as ${escapeHtml(person.email)}.`}</p>
${google === undefined ? withoutToken : tokenSection(google)}
<h2>This request</h2>
<dl><dt>Address</dt><dd><code>${escapeHtml(request.host + request.path)}</code></dd>
<dt>Method</dt><dd>${escapeHtml(request.method)}</dd></dl>
<p style="margin-top:1.5rem"><a href="/.pomerium/">Who am I?</a> · <a href="/.pomerium/sign_out">Sign out</a></p>`,
  )
}

const withoutToken = '<p><span class="badge bad">This request came without a Google token</span></p>'

function tokenSection({ header, audience, serviceAccount, expiresAt }: GoogleToken): string {
  const row = (name: string, value: string | undefined): string =>
    `<dt>${name}</dt><dd><code>${escapeHtml(value ?? 'missing')}</code></dd>`
  return `<p><span class="badge">Cloud Run accepted the Google token of this request</span></p>
<dl>${row('Header', header)}${row('Audience', audience)}${row('Service account', serviceAccount)}${row('Good until', expiresAt === undefined ? undefined : readable(expiresAt))}</dl>`
}

/** `2026-11-22 13:05:00 UTC` */
function readable(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`
}
