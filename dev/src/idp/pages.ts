import { escapeHtml, htmlPage } from '../pages/html.ts'
import type { Person } from './people.ts'

const faces = ['#2a5bd7', '#a33a8f', '#137a4b', '#b25c00']

/** Everybody as one button; no password, for there is nothing here to protect. */
export function signInPage(people: readonly Person[], action: string): string {
  const buttons = people.map(
    ({ id, name, email, note }, index) => `
<button class="person" name="person" value="${escapeHtml(id)}">
<span class="face" style="background:${faces[index % faces.length] ?? ''}" aria-hidden="true">${escapeHtml(name.slice(0, 1))}</span>
<span><strong>${escapeHtml(name)}</strong><br><span class="quiet">${escapeHtml(email)} · ${escapeHtml(note)}</span></span>
</button>`,
  )
  return htmlPage(
    'Sign in',
    `<h1>Sign in</h1>
<p class="quiet">The local identity provider. Choose who you are; no password is needed.</p>
<form method="post" action="${escapeHtml(action)}">${buttons.join('')}
<button class="plain" name="person" value="">Cancel</button>
</form>`,
  )
}

/** `form` comes from the provider. It is sent at once: who clicked “sign out” was asked already. */
export function signOutPage(form: string): string {
  const confirmed = form.replace(
    '</form>',
    '<input type="hidden" name="logout" value="yes"><button>Sign out</button></form>',
  )
  return htmlPage('Signing out', `<h1>Signing out…</h1>${confirmed}<script>document.forms[0].submit()</script>`)
}

export function signedOutPage(): string {
  return htmlPage('Signed out', '<h1>Signed out</h1><p>You are signed out of the local identity provider.</p>')
}

/** `goOnUrl`: the application that a person who is stuck here was on their way to. */
export function providerErrorPage(error: string, description: string, goOnUrl?: string): string {
  const goOn = goOnUrl === undefined ? '' : `<p><a href="${escapeHtml(goOnUrl)}">Go on to the application</a></p>`
  return htmlPage(
    'Sign-in failed',
    `<h1>The identity provider refused</h1><p>${escapeHtml(description)}</p><p class="quiet"><code>${escapeHtml(error)}</code></p>${goOn}`,
  )
}
