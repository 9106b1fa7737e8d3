/** Where a server listens. A unix socket needs no transport security; TCP does, except on loopback. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export function describeListenAddress(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${String(address.port)}`
}

/** Reads `host:port`, `:port`, `[::1]:port` or `unix:///path`; `undefined` where the text is none of them. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(text)
  if (unix?.[1] !== undefined) return { kind: 'unix', path: unix[1] }
  const tcp = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text)
  const port = Number(tcp?.[3])
  if (tcp === null || port > 65_535) return undefined
  return { kind: 'tcp', host: tcp[1] ?? (tcp[2] || '0.0.0.0'), port }
}

/** Whether nobody outside this machine can reach it. */
export function isLocal(address: ListenAddress): boolean {
  return address.kind === 'unix' || isLoopbackHost(address.host)
}

/** A name or address of this machine only (RFC 6761 6.3, RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare)
}
