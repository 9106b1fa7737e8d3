import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * The sign-in binding is a random value in a cookie of the route host. Only its hash travels through the sign-in, so a
 * ticket works in the browser that began and in no other (security case CSRF-07).
 */
export function hashBinding(binding: string): string {
  return createHash('sha256').update(binding, 'utf8').digest('base64url')
}

/** Whether this browser's binding is the one the ticket was made for. No binding never matches. */
export function bindingMatches(binding: string, expectedHash: string): boolean {
  if (binding === '' || expectedHash === '') return false
  const actual = Buffer.from(hashBinding(binding))
  const expected = Buffer.from(expectedHash)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
