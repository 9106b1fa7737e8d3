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
  /** `undefined` like `person`. */
  readonly session:
    { readonly issuer?: string | undefined; readonly issuedAtMs: number; readonly expiresAtMs: number } | undefined
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
    ...(info.session === undefined ? [] : sessionFacts(info.session)),
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

function sessionFacts({ issuer, issuedAtMs, expiresAtMs }: NonNullable<UserInfo['session']>) {
  return [
    ...(issuer === undefined ? [] : [{ label: 'Identity provider', value: issuer }]),
    { label: 'Signed in since', value: readableTime(issuedAtMs) },
    { label: 'Signed in until', value: readableTime(expiresAtMs) },
  ]
}

/** `2026-11-22 13:05:00 UTC`: the page knows no time zone of the reader. */
function readableTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function renderGroups(groups: readonly string[]): Html {
  if (groups.length === 0) {
    return html`<h2>Groups</h2>
      <p class="soft">none</p>`
  }
  return html`<h2>Groups</h2>
    <ul class="chips">
      ${groups.map((group) => html`<li>${group}</li>`)}
    </ul>`
}

function renderClaims(claims: Readonly<Record<string, unknown>>): Html | false {
  const facts = Object.entries(claims)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value: html`<code>${claimText(label, value)}</code>` }))
  return (
    facts.length > 0 &&
    html`<h2>What the identity provider said</h2>
      ${renderFacts(facts)}`
  )
}

/** Seconds since 1970 to programs (RFC 7519, OpenID Connect Core 5.1). */
const timeClaims: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at'])
const maxSeconds = 253_402_300_799 // the year 9999

function claimText(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none'
    if (value.every((item) => typeof item !== 'object')) return value.map((item) => claimText(name, item)).join(', ')
  }
  if (typeof value === 'number' && timeClaims.has(name) && value >= 0 && value <= maxSeconds) {
    return readableTime(value * 1_000)
  }
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)
}
