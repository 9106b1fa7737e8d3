import type { ClaimValue, Identity } from '@postern/shared/vocabulary/identity.ts'

/**
 * A claim as one header value. Values are joined with commas, so a comma inside a value is written `%2C`; what is not
 * visible ASCII is percent-encoded as UTF-8, as are `%` itself and spaces at either end. No value can look like two, end
 * the line, or lose a byte on its way (security cases HDR-17 and HDR-23).
 */
export function claimHeaderValue(values: readonly ClaimValue[]): string {
  return sentValues(values)
    .filter((value) => value !== null)
    .map((value) => escapeValue(String(value)))
    .join(',')
}

/** A header block that is larger than 16 KiB is refused by most servers; one claim gets a quarter of it. */
const maxChars = 4_096

/**
 * What an application is told of a claim: all of its values, or none. Hundreds of groups would make every request too
 * large, and some of them would be read as all.
 */
export function sentValues(values: readonly ClaimValue[]): readonly ClaimValue[] {
  let chars = 0
  for (const value of values) {
    chars += String(value).length + 1
    if (chars > maxChars) return []
  }
  return values
}

const unsafe = /^ | $|[%,]|[^\x20-\x7e]+/g

function escapeValue(value: string): string {
  return value.replace(unsafe, (part) =>
    Array.from(Buffer.from(part, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

/** The values of a claim by the name that `jwt_claims_headers` gives it; the names the assertion has come first. */
export function claimValues(identity: Identity, claim: string): readonly ClaimValue[] {
  switch (claim) {
    case 'sub':
    case 'user':
      return [identity.userId]
    case 'email':
      return identity.email === undefined ? claimOf(identity, claim) : [identity.email]
    case 'name':
      return identity.name === undefined ? claimOf(identity, claim) : [identity.name]
    default:
      return claimOf(identity, claim)
  }
}

function claimOf({ claims }: Identity, claim: string): readonly ClaimValue[] {
  return (Object.hasOwn(claims, claim) ? claims[claim] : undefined) ?? []
}
