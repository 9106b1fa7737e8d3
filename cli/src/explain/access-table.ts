import type { X509Certificate } from 'node:crypto'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { formatTable } from '../table.ts'
import { accessOf, explainOnRoute } from './explain-request.ts'
import { describePerson } from './made-up-person.ts'
import { shownCertificate } from './shown-certificate.ts'

/** What comes of one person's request to one route. */
export interface AccessCell {
  readonly person: string
  readonly route: string
  readonly outcome: Decision['kind']
  readonly reasons: readonly Reason[]
}

/** The same for everybody. */
export interface SampleRequest {
  readonly facts: RequestFacts
  /** `undefined`: the client shows none. */
  readonly certificate: X509Certificate | undefined
}

/** Everybody, and nobody first, against every route; a row for each person. */
export function accessTable(
  config: LoadedConfig,
  people: readonly Identity[],
  request: SampleRequest,
  now: Date,
): readonly (readonly AccessCell[])[] {
  return [undefined, ...people].map((identity) =>
    config.proxy.routes.map((route) => {
      const access = accessOf(config, route)
      const asked = { ...access, clientCertificates: config.proxy.clientCertificates }
      const { certificate: clientCertificate } = shownCertificate(request.certificate, route, asked, now)
      const facts = { ...request.facts, host: route.from.host, path: samplePath(route), clientCertificate }
      const { decision } = explainOnRoute(access, facts, identity, now)
      const person = describePerson(identity)
      return { person, route: routeLabel(route), outcome: decision.kind, reasons: decision.reasons }
    }),
  )
}

export function accessTableText(table: readonly (readonly AccessCell[])[]): string {
  const header = ['', ...(table[0] ?? []).map(({ route }) => route)]
  return formatTable(
    header,
    table.map((row) => [[row[0]?.person ?? ''], ...row.map(({ outcome }) => [outcome])]),
  )
}

function routeLabel({ name, from, pathMatch }: ProxyRoute): string {
  if (name !== undefined) return name
  switch (pathMatch.kind) {
    case 'any':
      return from.host
    case 'prefix':
      return `${from.host}${pathMatch.prefix}*`
    case 'path':
      return `${from.host}${pathMatch.path}`
    case 'regex':
      return `${from.host} ~ ${pathMatch.regex}`
  }
}

/** A path that the route takes; of a regular expression nobody knows one. */
function samplePath({ pathMatch }: ProxyRoute): string {
  if (pathMatch.kind === 'prefix') return pathMatch.prefix
  return pathMatch.kind === 'path' ? pathMatch.path : '/'
}
