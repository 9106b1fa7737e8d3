import type { X509Certificate } from 'node:crypto'

/** From when to when something holds, in milliseconds since the epoch. */
export interface Lifetime {
  readonly fromMs: number
  readonly untilMs: number
}

/** The authority that signed a certificate itself; TLS alone sees those that a client sends along. */
export function findIssuer(
  leaf: X509Certificate,
  authorities: readonly X509Certificate[],
): X509Certificate | undefined {
  return authorities.find((one) => one.ca && leaf.checkIssued(one) && leaf.verify(one.publicKey))
}

/** The time in which all of the certificates hold. */
export function lifetimeOf(certificates: readonly X509Certificate[]): Lifetime {
  return {
    fromMs: Math.max(...certificates.map(({ validFromDate }) => validFromDate.getTime())),
    untilMs: Math.min(...certificates.map(({ validToDate }) => validToDate.getTime())),
  }
}
