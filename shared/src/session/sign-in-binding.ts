import { createHash, timingSafeEqual } from 'node:crypto'
import type { RandomBytes } from '../random.ts'

/**
 * The sign-in binding is a random value in a cookie of the route host. Only its hash travels through the sign-in, so a
 * ticket works in the browser that began and in no other (security case CSRF-07).
 */
export function hashBinding(binding: string): string {
  return createHash('sha256').update(binding, 'utf8').digest('base64url')
}

/** A new value for the binding cookie: 256 random bits, base64url. */
export function newSignInBinding(random: RandomBytes): string {
  return random(32).toString('base64url')
}

/** Whether a cookie's value can be one of ours. */
export function isSignInBinding(value: string): boolean {
  return /^[\w-]{43}$/.test(value)
}

/** Whether this browser's binding is the one the ticket was made for. No binding never matches. */
export function bindingMatches(binding: string, expectedHash: string): boolean {
  if (binding === '' || expectedHash === '') return false
  const actual = Buffer.from(hashBinding(binding))
  const expected = Buffer.from(expectedHash)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
