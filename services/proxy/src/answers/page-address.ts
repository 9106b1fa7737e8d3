import type { Arrival } from '../request/arrival.ts'

/** A longer address is not worth carrying through a page. */
const maxChars = 2_000

/** The page that was asked for, relative to its host: for links that lead back to it. */
export function pageAddress({ path, query }: Pick<Arrival, 'path' | 'query'>): string {
  const address = query === '' ? path : `${path}?${query}`
  // Two slashes at the beginning would name another host.
  return address.startsWith('//') || address.length > maxChars ? '/' : address
}
