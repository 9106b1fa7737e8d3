import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Compares two secrets without telling by the time it takes where they differ, nor how long they are: both are hashed
 * first, so the compared values always have equal length.
 */
export function secretsEqual(one: string | Buffer, other: string | Buffer): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))
}
