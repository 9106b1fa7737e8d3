import type { IdentityProvider, IdentityProviders } from './identity-provider.ts'
import { isObject } from './claims.ts'

/**
 * The client of ours that a token which nobody has verified yet says it is for; the usual one when it says nothing that
 * can be understood, and so will be refused.
 */
export function clientNamedIn(token: string, idps: IdentityProviders): IdentityProvider {
  const audience = audienceOf(token)
  return idps.all.find(({ clientId }) => audience.includes(clientId)) ?? idps.usual
}

function audienceOf(token: string): readonly unknown[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const audience: unknown = isObject(claims) ? claims['aud'] : undefined
    return Array.isArray(audience) ? audience : [audience]
  } catch {
    return [] // no JWT: whoever verifies it says so
  }
}
