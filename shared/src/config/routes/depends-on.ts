import { canonicalHost } from './from.ts'
import type { RouteDraft } from './route-draft.ts'

/** Hosts that sign in together with a route's: entries are hosts, or URLs that are cut down to their hosts. */
export function dependsOnOf({ values }: RouteDraft): string[] {
  return (values.depends_on ?? []).map(hostOfEntry).filter((host) => host !== undefined)
}

export function hostOfEntry(entry: string): string | undefined {
  const url = URL.parse(entry.includes('://') ? entry : `https://${entry}`)
  return url === null || url.hostname === '' ? undefined : canonicalHost(url.hostname)
}
