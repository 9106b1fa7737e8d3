import type { Person } from '../idp/people.ts'
import { usualPorts } from '../ports.ts'
import type { Stack } from '../stack.ts'

/** Colours for a terminal; the same text without them for a file. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  link(text: string): string
}

export const plain: Paint = { bold: (text) => text, dim: (text) => text, link: (text) => text }

export const colored: Paint = {
  bold: (text) => `\u001B[1m${text}\u001B[22m`,
  dim: (text) => `\u001B[2m${text}\u001B[22m`,
  link: (text) => `\u001B[36;4m${text}\u001B[24;39m`,
}

/** What the quick start says when everything runs. */
export function banner(stack: Stack, paint: Paint): string {
  const cloudRun = `http://localhost:${String(stack.ports.cloudRun)}`
  const tries: readonly (readonly [string, string, string?])[] = [
    ['a deep link survives sign-in', `${stack.helloUrl}/reports/2026?month=11`],
    ['what Postern knows about you', `${stack.helloUrl}/.pomerium/`],
    ['an application elsewhere', stack.verifyRouteUrl, 'checks the signed assertion itself'],
    ['around the proxy', cloudRun, 'the Cloud Run service itself: Google’s 403'],
    ['sign out', `${stack.helloUrl}/.pomerium/sign_out`, 'the next visit asks again'],
  ]
  return [
    '',
    `  ${paint.bold('Postern is running.')} Open this in Chrome, Edge or Firefox:`,
    '',
    `      ${paint.link(stack.helloUrl)}`,
    '',
    '  and sign in, without a password, as',
    '',
    ...people(stack.identityProvider.people, paint),
    '',
    `  ${paint.bold('Then try')}`,
    '',
    ...tries.map(([what, url, note]) => {
      const line = `      ${what.padEnd(30)}${paint.link(url)}`
      return note === undefined ? line : `${line}  ${paint.dim(note)}`
    }),
    '',
    ...takenPorts(stack).map((line) => paint.dim(`  ${line}`)),
    paint.dim('  All of it is local: the identity provider, Google and the applications are stand-ins.'),
    paint.dim('  The configuration is dev/config.yaml. Sessions live in memory. Ctrl-C stops everything.'),
    '',
    '',
  ].join('\n')
}

function people(everybody: readonly Person[], paint: Paint): string[] {
  return everybody.map(
    ({ name, email, note }) => `      ${paint.bold(name.padEnd(18))}${email.padEnd(26)}${paint.dim(note)}`,
  )
}

function takenPorts({ ports }: Stack): string[] {
  const moved = Object.entries(usualPorts).filter(([name, usual]) => ports[name as keyof typeof ports] !== usual)
  return moved.map(([name, usual]) => {
    return `Port ${String(usual)} is taken, so this run uses ${String(ports[name as keyof typeof ports])} instead.`
  })
}
