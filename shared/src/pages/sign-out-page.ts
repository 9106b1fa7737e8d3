import { html } from './html.ts'
import { renderFacts, renderPage, type RenderedPage } from './layout.ts'

export interface SignOutQuestion {
  readonly requestId: string
  /** Where the form goes, and what it carries (the proof that this page was asked). */
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  /** Who is signed in, as far as it is known. */
  readonly person?: string | undefined
  /** Where "Stay signed in" leads; no button without it. */
  readonly stayUrl?: string | undefined
}

/** Instead of the question, when there is nothing to end. */
export function renderNotSignedInPage(requestId: string): RenderedPage {
  return renderPage({
    title: 'You are not signed in',
    tone: 'info',
    requestId,
    body: html`<p>There is no session to end in this browser.</p>`,
  })
}

/** Asks before signing out, because any page on the web can send a browser here. */
export function renderSignOutPage({ requestId, action, fields, person, stayUrl }: SignOutQuestion): RenderedPage {
  return renderPage({
    title: 'Sign out?',
    tone: 'info',
    requestId,
    actions: [
      { label: 'Sign out', href: action, method: 'POST', fields },
      ...(stayUrl === undefined ? [] : [{ label: 'Stay signed in', href: stayUrl, method: 'GET' } as const]),
    ],
    body: html`
      <p>This ends your session for every application behind this proxy.</p>
      ${renderFacts(person === undefined ? [] : [{ label: 'Signed in as', value: person }])}
    `,
  })
}
