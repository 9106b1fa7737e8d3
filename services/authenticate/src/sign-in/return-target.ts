import type { RouteFrom } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isLoopbackHost } from '../web/loopback-host.ts'

const maxChars = 8_192

/** Where nobody is sent back to: the end of a sign-in there would begin the next, or undo it (RED-22). */
const ownPaths = /^\/\.pomerium\/(?:callback|continue|sign_in|sign_out|signed_out)(?:\/|$)/

/**
 * Where the person came from, as an absolute URL on one of the routes' hosts. Strict: the text must already be what the
 * WHATWG parser makes of it up to the path, so that no two parsers can see two hosts in it. Our own endpoints become the
 * host's front page. Throws `RETURN_TO_REFUSED`.
 */
export function parseReturnTarget(text: string, returnHosts: readonly RouteFrom[], authenticateUrl: URL): URL {
  if (text.length > maxChars || !/^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/.test(text)) {
    throw refused('it is too long, or holds characters that no address has')
  }
  const url = URL.parse(text)
  if (!url || url.username !== '' || url.password !== '') throw refused('it is not an address, or carries a password')
  const rest = text.slice(url.origin.length)
  if (!text.startsWith(url.origin) || (rest !== '' && !'/?#'.includes(rest.charAt(0)))) {
    throw refused('its host is not written in canonical form')
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) throw refused('it is not https')
  if (url.hostname === authenticateUrl.hostname) throw refused('it is on the authenticate host')
  if (!returnHosts.some((from) => isOn(url, from, authenticateUrl))) throw refused('no route has this host')
  url.hash = ''
  return ownPaths.test(url.pathname) ? new URL('/', url) : url
}

function isOn(url: URL, from: RouteFrom, authenticateUrl: URL): boolean {
  if (url.protocol !== `${from.scheme}:` || !hostMatches(from.host, url.hostname)) return false
  if (from.port !== undefined) return effectivePort(url) === from.port
  // A route without a port is served where its scheme's clients look, and where this service itself is reached.
  return url.port === '' || url.port === authenticateUrl.port
}

/** `*` stands for any characters, dots included; everything else for itself (`pomerium-facts` 2.2). */
function hostMatches(pattern: string, host: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === host
  const last = rest.pop() ?? ''
  if (!host.startsWith(first) || !host.endsWith(last) || host.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = host.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= host.length - last.length
}

function effectivePort(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

function refused(why: string): PosternError {
  return new PosternError('RETURN_TO_REFUSED', `the address to return to is refused: ${why}`)
}
