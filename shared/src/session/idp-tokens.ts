import { keyPurposes } from '../crypto/keys.ts'
import type { Sealer } from '../crypto/seal.ts'
import type { IdpTokens } from './session.ts'

/** The tokens as they stand in a store: a dump of it holds none that can be used. */
export function sealTokens(sealer: Sealer, tokens: IdpTokens): string {
  return sealer.seal(JSON.stringify(tokens), keyPurposes.idpTokens)
}

/** `undefined` when the box does not open: sealed with a key that is gone, or changed. */
export function openTokens(sealer: Sealer, sealed: string): IdpTokens | undefined {
  const text = sealer.open(sealed, keyPurposes.idpTokens)
  if (text === undefined) return undefined
  const tokens = JSON.parse(text) as Partial<IdpTokens> // authentic: `sealTokens` wrote it
  return { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken, idToken: tokens.idToken }
}
