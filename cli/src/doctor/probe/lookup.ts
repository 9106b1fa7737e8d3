import { lookup } from 'node:dns/promises'

export interface FoundAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a host name. Rejects with a Node error code when there are none. */
export type Lookup = (host: string) => Promise<readonly FoundAddress[]>

/** As the system looks names up; those under `.localhost` lead to this machine, as in every browser (RFC 6761, 6.3). */
export const systemLookup: Lookup = (host) => lookup(host.endsWith('.localhost') ? 'localhost' : host, { all: true })
