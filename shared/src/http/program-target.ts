import { isIP } from 'node:net'
import { queryParameters } from '../vocabulary/query-parameters.ts'

const maxChars = 2_048

/**
 * Where a program waits for its credential (`programmatic_redirect_domain_whitelist`); `undefined` for anywhere else.
 * `localhost` in the list stands for this machine: that name, 127.0.0.0/8 and ::1, with any port, but no name under
 * localhost. Every other entry is one host, over https only. The text must be spelled as the WHATWG parser spells it up
 * to the path, so that no two parsers can see two hosts in it (security case RED-16).
 */
export function parseProgramTarget(text: string, allowedHosts: readonly string[]): URL | undefined {
  if (text.length > maxChars || !/^https?:\/\/[\x21\x22\x24-\x5b\x5d-\x7e]+$/.test(text)) return undefined
  const url = URL.parse(text)
  if (!url || url.username !== '' || url.password !== '') return undefined
  const rest = text.slice(url.origin.length)
  if (!text.startsWith(url.origin) || (rest !== '' && !'/?'.includes(rest.charAt(0)))) return undefined
  if (url.searchParams.has(queryParameters.credential)) return undefined
  const isHere = isThisMachine(url.hostname)
  if (url.protocol === 'http:' && !isHere) return undefined
  const allowed = allowedHosts.some((host) => url.hostname === host || (host === 'localhost' && isHere))
  return allowed ? url : undefined
}

function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}
