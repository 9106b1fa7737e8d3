import type { ProxyConfig } from '@postern/shared/config/model.ts'
import type { RequestHeaderPlan } from '../headers/request-headers.ts'
import type { ResponseHeaderPlan } from '../headers/response-headers.ts'
import { plainAddress } from '../forward/upstream-address.ts'
import type { UpstreamPools } from '../forward/upstream-pools.ts'
import type { Upstream } from '../forward/upstream.ts'
import { keepsClientHost } from './host-rewrite.ts'
import { canonicalHost } from '../request/canonical-host.ts'

/** How requests for the authenticate host reach authenticate when this proxy fronts it. */
export interface PreparedAuthenticate {
  readonly host: string
  readonly connections: Upstream
  readonly requestPlan: RequestHeaderPlan
  readonly responsePlan: ResponseHeaderPlan
}

export function prepareAuthenticate(config: ProxyConfig, pools: UpstreamPools): PreparedAuthenticate | undefined {
  const url = config.authenticateInternalUrl
  const host = canonicalHost(config.authenticateUrl.host)?.host
  if (url === undefined || host === undefined) return undefined
  const scheme = config.authenticateUrl.protocol === 'http:' ? 'http' : 'https'
  const none: ReadonlySet<string> = new Set()
  return {
    host,
    connections: pools.find(plainAddress(url)),
    // It answers for its public name only, so it has to see that name.
    requestPlan: {
      hostFor: keepsClientHost.hostFor,
      sendsForwardedHost: true,
      scheme,
      set: [],
      dropped: none,
      removed: none,
    },
    // The cookies it sets on its own host are its own business.
    responsePlan: { set: [], overridden: none, rewrites: undefined, cookies: undefined, trusted: true },
  }
}
