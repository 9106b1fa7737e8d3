import type { ConfigPath } from '../config-issue.ts'
import { isLoopbackHost } from '../listen-address.ts'
import type { Upstream } from '../model.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'

/** Whoever can have requests forwarded there can have the proxy's own Google credentials. */
const metadataHosts = new Set([
  'metadata',
  'metadata.google.internal',
  '169.254.169.254',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '100.100.100.200',
])

interface Entry extends Omit<Upstream, 'weight'> {
  readonly weight: number | undefined
}

/** `to`: URLs, all with a weight or none. */
export function readUpstreams(texts: readonly string[], path: ConfigPath, report: Report): Upstream[] {
  const entries = texts.map((text, index) => readEntry(text, texts.length === 1 ? path : [...path, index], report))
  const read = entries.filter((entry) => entry !== undefined)
  const weighted = read.filter((entry) => entry.weight !== undefined)
  if (weighted.length > 0 && weighted.length < read.length)
    report.error(path, 'either every URL has a weight (",2"), or none has')
  const [first, ...others] = read
  if (others.some((entry) => isSocket(entry) !== (first !== undefined && isSocket(first))))
    report.error(path, 'unix sockets and hosts cannot stand side by side')
  else if (others.some(({ url }) => url.pathname !== first?.url.pathname)) {
    report.warning(path, 'the paths differ; the first one is used for all')
  }
  return read.map((entry) => ({ ...entry, weight: entry.weight ?? 1 }))
}

function isSocket({ url }: Entry): boolean {
  return url.protocol === 'unix:'
}

function readEntry(text: string, path: ConfigPath, report: Report): Entry | undefined {
  const [, address = '', weightText] = /^(.*?)(?:,([^,/]*))?$/s.exec(text) ?? []
  const entry = readAddress(address.trim())
  if (entry === undefined) {
    report.error(path, `${quote(text)} is not a URL; expected https://host, http://host:port or the like`)
    return undefined
  }
  const problem = problemOf(entry.url) ?? problemOfWeight(weightText)
  if (problem !== undefined) {
    report.error(path, problem)
    return undefined
  }
  return { ...entry, weight: weightText === undefined ? undefined : Number(weightText) }
}

/** `h2c` is spoken to an `http:` address; a socket's path is kept in a `unix:` URL. */
function readAddress(text: string): Omit<Upstream, 'weight'> | undefined {
  const socket = /^(https\+unix|http\+unix|unix):\/\/(\/[^?#]+)$/i.exec(text)
  if (socket !== null) {
    const url = new URL('unix:///')
    url.pathname = socket[2] ?? ''
    return { url, ...(socket[1]?.toLowerCase() === 'https+unix' ? { tlsInSocket: true as const } : {}) }
  }
  const h2c = /^h2c:(.*)$/is.exec(text)
  const url = URL.parse(h2c === null ? text : `http:${h2c[1] ?? ''}`)
  // A URL parser takes the first part of the path for a host that is left out.
  if (url === null || url.hostname === '' || !/^[^:/]+:\/\/[^/]/.test(text)) return undefined
  return { url, ...(h2c === null ? {} : { h2c: true as const }) }
}

function problemOf(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:' && url.protocol !== 'unix:') {
    return `requests cannot be forwarded to ${quote(url.protocol)}; expected https, http, h2c, unix or https+unix`
  }
  if (url.username !== '' || url.password !== '') return 'a user name or password does not belong into a URL'
  if (url.search !== '' || url.hash !== '') return 'leave out "?" and "#"; the query comes from the request'
  const host = url.hostname.toLowerCase().replace(/\.$/, '')
  if (metadataHosts.has(host) || host.startsWith('169.254.'))
    return 'this is a metadata server: whoever may use the route could take the proxy’s own credentials'
  return undefined
}

function problemOfWeight(text: string | undefined): string | undefined {
  if (text === undefined || (/^\d{1,9}$/.test(text) && Number(text) > 0)) return undefined
  return `${quote(text)} is not a weight; expected a whole number from 1`
}

/** Whether requests to it leave this machine unencrypted. */
export function isPlainText(url: URL): boolean {
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname)
}
