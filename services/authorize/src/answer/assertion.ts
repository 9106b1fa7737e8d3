import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import { signJwt } from '@postern/shared/jose/jwt.ts'
import type { SigningKey } from '@postern/shared/jose/signing-key.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import { claimValues, sentValues } from './claim-headers.ts'

/** How long an assertion is good: long enough for clocks that differ, short enough to be worthless when it leaks. */
export const assertionLifetimeMs = 300_000

/** Claims of the assertion that are always ours, whatever the IdP calls its own (security case HDR-26). */
const reserved: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub', 'user', 'email', 'groups', 'name', 'sid', '__proto__'],
])

export interface AssertionSubject {
  /** `undefined` on routes that let anybody in: the assertion then names nobody. */
  readonly session: Session | undefined
  /** The route host in canonical form, with its port where it has one. */
  readonly host: string
  /** Claims to add beside the fixed ones. */
  readonly claims: readonly string[]
  /** The claim that holds the groups. */
  readonly groupsClaim: string
  /** Left out: the host alone. */
  readonly issuerFormat?: AuthorizeRoute['jwtIssuerFormat'] | undefined
}

/** Signs statements for applications about who is behind a request (pomerium-facts §5.1). */
export class AssertionSigner {
  readonly #key: SigningKey
  readonly #random: RandomBytes

  constructor(key: SigningKey, random: RandomBytes) {
    this.#key = key
    this.#random = random
  }

  /** A compact JWS, good for five minutes from now, for the application at this host alone. */
  sign({ session, host, claims, groupsClaim, issuerFormat }: AssertionSubject, now: Date): Promise<string> {
    const hostname = host.replace(/:\d+$/, '')
    const iat = Math.floor(now.getTime() / 1000)
    const identity = session?.identity
    const fixed = {
      iss: issuerFormat === 'uri' ? `https://${hostname}/` : hostname,
      aud: hostname,
      jti: uuid(this.#random(16)),
      iat,
      exp: iat + assertionLifetimeMs / 1000,
      sub: identity?.userId ?? '',
      user: identity?.userId ?? '',
      email: identity ? (claimValues(identity, 'email')[0] ?? '') : '',
      groups: identity ? sentValues(claimValues(identity, groupsClaim)).map(String) : [],
      sid: session?.handle ?? '',
      name: identity ? (claimValues(identity, 'name')[0] ?? '') : '',
    }
    const added = identity ? addedClaims(claims, (claim) => claimValues(identity, claim)) : {}
    return signJwt({ ...added, ...fixed }, this.#key, { typ: 'JWT' })
  }
}

/** One value stands alone, several are a list: joined with commas, a value with a comma would be two. */
function addedClaims(
  names: readonly string[],
  valuesOf: (claim: string) => readonly ClaimValue[],
): Readonly<Record<string, unknown>> {
  const wanted = names.filter((name) => !reserved.has(name))
  return Object.fromEntries(
    wanted.map((name) => {
      const values = sentValues(valuesOf(name))
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

/** RFC 9562, section 5.4, from random bytes. */
function uuid(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
