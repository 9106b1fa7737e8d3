import { Html, html, safeHref } from './html.ts'
import { favicon, icons, type Tone } from './icons.ts'
import { stylesheet, stylesheetHash } from './stylesheet.ts'
import type { ProblemAction } from '../problem/problem.ts'

export interface Page {
  readonly title: string
  readonly tone: Tone
  /** A short line above the title. */
  readonly kicker?: string | undefined
  readonly body: Html
  /** Buttons below the body, in order; the first is the one to press. */
  readonly actions?: readonly PageAction[]
  readonly requestId: string
  /** The error code, for whoever reads the page out to the operator. */
  readonly code?: string
  /** For pages with tables. */
  readonly wide?: boolean
  /** The page interrupts: screen readers say it at once. */
  readonly alert?: boolean
  /** 200 unless it says otherwise. */
  readonly status?: number
}

/** `fields` are sent with a POST. */
export interface PageAction extends ProblemAction {
  readonly fields?: Readonly<Record<string, string>>
}

export interface RenderedPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A complete answer: the page in its frame, and every header it needs. No script, nothing loaded from elsewhere. */
export function renderPage(page: Page): RenderedPage {
  const body = document(page).toString()
  return {
    status: page.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy(page.actions ?? []),
      ...answerHeaders(page.requestId),
    },
    body,
  }
}

/** What every answer of our own carries, whatever its format. */
export function answerHeaders(requestId: string): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-pomerium-intercepted-response': 'true',
    'x-request-id': requestId,
  }
}

/**
 * Browsers hold `form-action` against every redirect that follows a form as well, and signing out ends at the
 * identity provider: a page with a form therefore names schemes, all others allow no form at all.
 */
function contentSecurityPolicy(actions: readonly PageAction[]): string {
  const posts = actions.filter((action) => action.method === 'POST')
  const forms = posts.every((action) => action.href.startsWith('https:')) ? 'https:' : "'self' https: http:"
  return [
    "default-src 'none'",
    `style-src ${stylesheetHash}`,
    'img-src data:',
    `form-action ${posts.length === 0 ? "'none'" : forms}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The stylesheet stands in the page byte for byte as it was hashed; it is ours and holds no value. */
const styleElement = Html.fromTemplate([`<style>${stylesheet}</style>`], [])

function document(page: Page): Html {
  const { title, tone, kicker, actions = [] } = page
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="${favicon}" />
        ${styleElement}
      </head>
      <body>
        <main class="${page.wide === true ? `${tone} wide` : tone}">
          <div class="mark">${icons[tone]}</div>
          ${kicker !== undefined && html`<div class="kicker">${kicker}</div>`}
          ${page.alert === true ? html`<h1 role="alert">${title}</h1>` : html`<h1>${title}</h1>`} ${page.body}
          ${actions.length > 0 && html`<div class="actions">${actions.map(renderAction)}</div>`}
        </main>
        <footer>${page.code !== undefined && html`${page.code} · `}Request <code>${page.requestId}</code></footer>
      </body>
    </html> `
}

function renderAction(action: PageAction, index: number): Html {
  const style = index === 0 ? 'button first' : 'button'
  if (action.method === 'GET') return html`<a class="${style}" href="${safeHref(action.href)}">${action.label}</a>`
  const fields = Object.entries(action.fields ?? {})
  return html`<form method="post" action="${safeHref(action.href)}">
    ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${style}" type="submit">${action.label}</button>
  </form>`
}

/** Labels with their values, as a small table. Nothing when there is nothing to show. */
export function renderFacts(
  facts: readonly { readonly label: string; readonly value: string | Html }[],
): Html | undefined {
  if (facts.length === 0) return undefined
  return html`<dl>
    ${facts.map(
      ({ label, value }) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}
