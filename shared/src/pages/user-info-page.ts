import { html, type Html } from './html.ts'
import { renderFacts, renderPage, type PageAction, type RenderedPage } from './layout.ts'

export interface UserInfo {
  readonly requestId: string
  /** The host this page was asked on. */
  readonly host: string
  /** `undefined`: nobody is signed in. */
  readonly person:
    | {
        readonly id: string
        readonly name?: string | undefined
        readonly email?: string | undefined
        readonly groups: readonly string[]
      }
    | undefined
  /** About the session: when it began, when it ends. */
  readonly session: readonly { readonly label: string; readonly value: string }[]
  /** What the identity provider said, as it said it. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly actions: readonly PageAction[]
}

/** `/.pomerium/`: who the proxy thinks you are, and what it would base a decision on. */
export function renderUserInfoPage(info: UserInfo): RenderedPage {
  const { person, requestId, host, actions } = info
  if (person === undefined) {
    const body = html`<p>Nobody is signed in on <strong>${host}</strong> in this browser.</p>`
    return renderPage({ title: 'Not signed in', tone: 'info', requestId, actions, body })
  }
  const about = [
    ...(person.email === undefined ? [] : [{ label: 'E-mail', value: person.email }]),
    { label: 'User id', value: html`<code>${person.id}</code>` },
    { label: 'Host', value: host },
    ...info.session,
  ]
  return renderPage({
    title: person.name ?? person.email ?? person.id,
    kicker: 'Signed in as',
    tone: 'info',
    wide: true,
    requestId,
    actions,
    body: html`${renderFacts(about)} ${renderGroups(person.groups)} ${renderClaims(info.claims)}`,
  })
}

function renderGroups(groups: readonly string[]): Html | false {
  return (
    groups.length > 0 &&
    html`<h2>Groups</h2>
      <ul class="chips">
        ${groups.map((group) => html`<li>${group}</li>`)}
      </ul>`
  )
}

function renderClaims(claims: Readonly<Record<string, unknown>>): Html | false {
  const facts = Object.entries(claims)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value: html`<code>${claimText(value)}</code>` }))
  return (
    facts.length > 0 &&
    html`<h2>What the identity provider said</h2>
      ${renderFacts(facts)}`
  )
}

function claimText(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)
}
