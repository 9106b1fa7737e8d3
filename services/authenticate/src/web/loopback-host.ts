import { isIP } from 'node:net'

/** A host that cannot leave this machine: `localhost`, names under it, 127.0.0.0/8 and ::1, as `URL.hostname` has them. */
export function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  if (hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}
