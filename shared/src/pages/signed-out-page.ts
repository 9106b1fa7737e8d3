import { html } from './html.ts'
import { renderPage, type RenderedPage } from './layout.ts'

export interface SignedOut {
  readonly requestId: string
  /** Where to begin anew; no button without it. */
  readonly signInUrl?: string | undefined
  /** The session at the identity provider may live on: say so. */
  readonly identityProviderKept?: boolean
}

/** The end of signing out. */
export function renderSignedOutPage({ requestId, signInUrl, identityProviderKept = false }: SignedOut): RenderedPage {
  return renderPage({
    title: 'You are signed out',
    tone: 'done',
    requestId,
    actions: signInUrl === undefined ? [] : [{ label: 'Sign in again', href: signInUrl, method: 'GET' }],
    body: html`
      <p>Your session has ended for every application behind this proxy.</p>
      <p class="soft">
        ${
          identityProviderKept
            ? 'You may still be signed in at your identity provider: on a shared computer, sign out there too.'
            : 'You can close this window.'
        }
      </p>
    `,
  })
}
