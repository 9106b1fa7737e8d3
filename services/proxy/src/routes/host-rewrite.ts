import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { compileReplacement } from '@postern/shared/regex/re2.ts'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { canonicalHost } from '../request/canonical-host.ts'
import type { ClientHeader } from '../request/request-head.ts'

/** What the `Host` header for an upstream may be made of. */
export interface HostFacts {
  /** As the client asked for it. */
  readonly host: string
  readonly path: string
  readonly clientHeaders: readonly ClientHeader[]
}

/** The `Host` header for the upstream, and whether the client's host is another one to be told of. */
export interface HostRewrite {
  readonly hostFor: (facts: HostFacts) => string
  readonly keepsClientHost: boolean
}

/**
 * The first of `host_rewrite`, `host_rewrite_header`, `host_path_regex_rewrite_*` and `preserve_host_header` that is set;
 * else the upstream's own (pomerium-facts §2.6). What the client had a hand in is a host name or the request is refused.
 */
export function hostRewrite(route: ProxyRoute, upstream: URL): HostRewrite {
  const own = upstream.host === '' ? 'localhost' : upstream.host
  const { hostRewrite: literal, hostRewriteHeader: header, hostPathRewrite: fromPath } = route
  if (literal !== undefined) return { hostFor: () => literal, keepsClientHost: false }
  if (header !== undefined) {
    return { hostFor: ({ clientHeaders }) => hostIn(clientHeaders, header) ?? own, keepsClientHost: false }
  }
  if (fromPath !== undefined) {
    const replace = compileReplacement(fromPath.pattern, fromPath.substitution)
    return { hostFor: ({ path }) => hostName(replace(path)), keepsClientHost: false }
  }
  if (route.preserveHostHeader) return keepsClientHost
  return { hostFor: () => own, keepsClientHost: false }
}

export const keepsClientHost: HostRewrite = { hostFor: ({ host }) => host, keepsClientHost: true }

function hostIn(headers: readonly ClientHeader[], lower: string): string | undefined {
  const values = headers.filter(({ name }) => name.lower === lower).map(({ value }) => value)
  if (values.length > 1) throw new PosternError('REQUEST_AMBIGUOUS', 'two headers that name the host')
  const [value] = values
  return value === undefined || value === '' ? undefined : hostName(value)
}

function hostName(text: string): string {
  const host = canonicalHost(text)
  if (host === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'the rewritten host is no host name')
  return host.host
}
