import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import { formatTable } from '../table.ts'

/** One line per session. */
export function sessionTable(sessions: readonly Session[], now: Date): string {
  const rows = sessions.map((session) => [
    [printable(personOf(session))],
    [ago(session.issuedAtMs, now)],
    [ago(session.lastUsedAtMs, now)],
    [`in ${duration(sessionEndMs(session) - now.getTime())}`],
    [session.handle],
  ])
  return formatTable(['PERSON', 'SIGNED IN', 'LAST USED', 'ENDS', 'SESSION'], rows)
}

/** All that is known of one session, but no token: those are sealed, and stay so. */
export function sessionDetails(session: Session, now: Date): string {
  const { identity, issuer, idleTimeoutMs, expiresAtMs } = session
  const idle = idleTimeoutMs === 0 ? [] : [['', `or after ${duration(idleTimeoutMs)} without use`]]
  const claims = Object.entries(identity.claims).map(([name, values]) => `${name}: ${values.map(claimText).join(', ')}`)
  const lines = [
    ['Session', session.handle],
    ['Person', personWithName(session)],
    ['User id', `${identity.userId} at ${issuer}`],
    ['Signed in', `${moment(session.issuedAtMs)}, ${ago(session.issuedAtMs, now)}`],
    ['Last used', `${moment(session.lastUsedAtMs)}, ${ago(session.lastUsedAtMs, now)}`],
    ['Ends', `${moment(expiresAtMs)}, in ${duration(expiresAtMs - now.getTime())}`],
    ...idle,
    ...claims.map((text, index) => [index === 0 ? 'Claims' : '', text]),
  ] as const
  return lines.map(([title = '', text = '']) => `${title.padEnd(11)}${printable(text)}`.trimEnd()).join('\n')
}

/** Seconds, minutes, hours or days, in at most two parts. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  if (minutes === 0) return `${String(seconds)} s`
  if (hours === 0) return `${String(minutes)} min`
  if (days === 0) return twoParts(hours, 'h', minutes % 60, 'min')
  return twoParts(days, 'd', hours % 24, 'h')
}

function twoParts(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${String(large)} ${largeUnit}${small === 0 ? '' : ` ${String(small)} ${smallUnit}`}`
}

function ago(ms: number, now: Date): string {
  return `${duration(now.getTime() - ms)} ago`
}

function moment(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

function personOf({ identity }: Session): string {
  return identity.email ?? identity.name ?? identity.userId
}

function personWithName({ identity: { name, email, userId } }: Session): string {
  if (name === undefined) return email ?? userId
  return email === undefined ? name : `${name} <${email}>`
}

function claimText(value: ClaimValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Names come from the identity provider, and might tell a terminal to do things. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\u{fffd}')
}
