import { isIP } from 'node:net'

/** Where a request came from, as far as it can be believed. */
export interface ClientOrigin {
  readonly address: string
  /** `X-Forwarded-For` for the upstream: what trusted proxies said, and the peer. Never what the client made up. */
  readonly forwardedFor: string
}

/**
 * Each trusted hop appended the address it was called from, so the client is the entry that the outermost of them
 * wrote: with two hops the second from the right. Fewer entries than hops: somebody came past a hop, and only the
 * peer is believed (security case HDR-11).
 */
export function clientOrigin(
  peer: string,
  forwardedFor: string | undefined,
  trustedHops: number,
  appendPeer: boolean,
): ClientOrigin {
  const from = withoutMapping(peer)
  if (trustedHops === 0 || forwardedFor === undefined) return { address: from, forwardedFor: from }
  const entries = forwardedFor.split(',')
  const trusted = entries.slice(-trustedHops).map((entry) => entry.trim())
  const address = trusted[0] ?? ''
  if (trusted.length < trustedHops || isIP(address) === 0) return { address: from, forwardedFor: from }
  if (appendPeer) trusted.push(from)
  return { address, forwardedFor: trusted.join(', ') }
}

/** An IPv4 client on a dual-stack socket shows up as `::ffff:192.0.2.1`. */
function withoutMapping(peer: string): string {
  return peer.startsWith('::ffff:') && isIP(peer.slice(7)) === 4 ? peer.slice(7) : peer
}
