import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { DownstreamRequest } from '../listener/downstream.ts'
import { peerOf } from '../listener/peer-address.ts'
import type { ProxyState } from '../routes/proxy-state.ts'
import type { CanonicalHost } from './canonical-host.ts'
import { canonicalTarget } from './canonical-target.ts'
import { clientOrigin, type ClientOrigin } from './client-address.ts'
import { splitCookies, type CookieSplit } from './own-cookies.ts'
import { presentedCredential, type CredentialSearch } from './presented-credential.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'

/** A request read once, in the one form that everything after it sees. */
export interface Arrival {
  readonly head: RequestHead
  readonly host: CanonicalHost
  readonly path: string
  /** An escaped slash was read as one, and the client is to ask again with a real one. */
  readonly asksForRedirect: boolean
  /** Without Postern's own parameter. */
  readonly query: string
  readonly client: ClientOrigin
  readonly cookies: CookieSplit
  readonly presented: CredentialSearch
}

/** @throws PosternError for everything that is refused before it is known where it goes (design §8). */
export function readArrival(request: DownstreamRequest, state: ProxyState): Arrival {
  const { config } = state
  const { url = '' } = request
  if (url.length > config.limits.maxUrlBytes) throw new PosternError('REQUEST_URI_TOO_LONG', `${url.length} bytes`)
  const head = readRequestHead(request, state.headerNames, config.limits)
  const host = state.hosts.read(head.host)
  const target = canonicalTarget(url, config.requestRules)
  if (host === undefined || target === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'host or target')
  if (target.authority !== undefined && state.hosts.read(target.authority)?.host !== host.host) {
    throw new PosternError('REQUEST_AMBIGUOUS', 'the target names another host')
  }
  const cookies = splitCookies(head.cookies, state.cookies)
  const presented = presentedCredential(head, cookies, target.query)
  const peer = peerOf(request.socket)
  if (peer === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'the address of the client is not known')
  return {
    head,
    host,
    path: target.path,
    asksForRedirect: target.wasUnescaped && config.requestRules?.escapedSlashes === 'unescape-redirect',
    query: presented.query,
    client: clientOrigin(peer, head.forwardedFor, config.trustedHops, !config.skipForwardedForAppend),
    cookies,
    presented,
  }
}
