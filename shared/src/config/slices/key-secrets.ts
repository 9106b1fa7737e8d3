import { Secret } from '../../secret.ts'
import type { Assembly } from '../settings/assembly.ts'
import { readAcceptedSecrets, readKeySecret } from '../settings/secrets.ts'

/** The secrets that services share; a random one is the same for all that run here. */
export interface KeySecrets {
  sharedSecret(): Secret
  cookieSecret(): Secret
  /** Those that are accepted beside the first while one replaces the other. */
  acceptedSharedSecrets(): readonly Secret[]
  acceptedCookieSecrets(): readonly Secret[]
}

export function keySecrets(assembly: Assembly): KeySecrets {
  const { secrets, allInOne, generated, report } = assembly
  const read = (key: 'shared_secret' | 'cookie_secret') => {
    const { text, path, given } = secrets(key)
    const secret = readKeySecret(text, path, { mayBeRandom: allInOne, isGiven: given }, report)
    if (text !== undefined) return secret
    const made = generated.get(key) ?? secret.reveal()
    generated.set(key, made)
    return new Secret(made)
  }
  const shared = once(() => read('shared_secret'))
  const cookie = once(() => {
    const secret = read('cookie_secret')
    if (
      secrets('shared_secret').text !== undefined &&
      secrets('cookie_secret').text === secrets('shared_secret').text
    ) {
      report.warning(secrets('cookie_secret').path, 'the same as shared_secret; give each its own')
    }
    return secret
  })
  const accepted = (key: 'shared_secret_accepted' | 'cookie_secret_accepted') =>
    once(() => readAcceptedSecrets(secrets(key).text, secrets(key).path, report))
  return {
    sharedSecret: shared,
    cookieSecret: cookie,
    acceptedSharedSecrets: accepted('shared_secret_accepted'),
    acceptedCookieSecrets: accepted('cookie_secret_accepted'),
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
