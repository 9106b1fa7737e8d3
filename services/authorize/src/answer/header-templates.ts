import { createHash, X509Certificate } from 'node:crypto'
import type { HeaderPair } from '@postern/shared/vocabulary/check.ts'
import type { ClientCertificate, RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { isWritableHeader } from '@postern/shared/wire/headers.ts'

/** What a template may speak of. Asked for only where one does. */
export interface TemplateValues {
  readonly facts: RequestFacts
  jwt(): Promise<string>
  idToken(): string | undefined
  accessToken(): string | undefined
}

type Part = string | ((values: TemplateValues) => string | undefined | Promise<string>)

/** The templated headers of one route, read once. */
export type HeaderTemplates = readonly { readonly name: string; readonly parts: readonly Part[] }[]

/** `$$`; `${pomerium.…}` with white space around the name; `$pomerium.…`. Everything else is text. */
const reference =
  /\$(?:(\$)|\{\s*(pomerium(?:\.\w+|\[\s*(?:"[^"]*"|'[^']*')\s*\])*)\s*\}|(pomerium(?:\.\w+|\[\s*(?:"[^"]*"|'[^']*')\s*\])+))/g

const requestHeader = /^pomerium\.request\.headers\[\s*(?:"([^"]*)"|'([^']*)')\s*\]$/

/** Reads the values of `set_request_headers` that hold a `$`. A malformed reference stays as it is. */
export function prepareTemplates(headers: Readonly<Record<string, string>>): HeaderTemplates {
  const byName = new Map(Object.entries(headers).map(([name, template]) => [name.toLowerCase(), template]))
  return [...byName].map(([name, template]) => ({ name, parts: parse(template) }))
}

/**
 * The headers with everything put in, once: what is put in is data, whatever it looks like (security case HDR-25). An
 * unknown reference and a value that is not there become nothing; a value that cannot stand in a header empties it.
 */
export async function expandTemplates(templates: HeaderTemplates, values: TemplateValues): Promise<HeaderPair[]> {
  const headers: HeaderPair[] = []
  for (const { name, parts } of templates) {
    let value = ''
    for (const part of parts) value += typeof part === 'string' ? part : ((await part(values)) ?? '')
    const header: HeaderPair = [name, value]
    headers.push(isWritableHeader(header) ? header : [name, ''])
  }
  return headers
}

function parse(template: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of template.matchAll(reference)) {
    parts.push(bytes(template.slice(from, match.index)))
    from = match.index + match[0].length
    const name = match[2] ?? match[3]
    parts.push(name === undefined ? '$' : lookUp(name))
  }
  parts.push(bytes(template.slice(from)))
  return parts.filter((part) => part !== '')
}

/** Text of the configuration is UTF-8; in a header it is one char per byte. */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function lookUp(name: string): Part {
  const header = requestHeader.exec(name)
  if (header) {
    const lower = (header[1] ?? header[2] ?? '').toLowerCase()
    return ({ facts }) => facts.headers.get(lower)?.join(',')
  }
  switch (name) {
    case 'pomerium.jwt':
      return (values) => values.jwt()
    case 'pomerium.id_token':
      return (values) => values.idToken()
    case 'pomerium.access_token':
      return (values) => values.accessToken()
    case 'pomerium.client_cert_fingerprint':
      return ({ facts }) => fingerprint(facts.clientCertificate)
    case 'pomerium.client_cert_san_dns':
      return ({ facts }) => alternativeNames(facts.clientCertificate, 'DNS:')
    case 'pomerium.client_cert_san_email':
      return ({ facts }) => alternativeNames(facts.clientCertificate, 'email:')
    default:
      return ''
  }
}

function fingerprint(certificate: ClientCertificate | undefined): string {
  if (!certificate?.valid || !certificate.der) return ''
  return createHash('sha256').update(certificate.der).digest('hex')
}

/** Names that Node had to quote hold a comma or worse, and are left out: joined, they could be taken for two. */
function alternativeNames(certificate: ClientCertificate | undefined, type: 'DNS:' | 'email:'): string {
  if (!certificate?.valid || !certificate.der) return ''
  const names = new X509Certificate(certificate.der).subjectAltName?.split(', ') ?? []
  return names
    .filter((name) => name.startsWith(type) && !name.includes('"'))
    .map((name) => name.slice(type.length))
    .join(',')
}
