import type { IdentityProvider } from './identity-provider.ts'

/**
 * Whether this is how the IdP calls itself. One that serves many tenants has a name for each (`{tenantid}` in its metadata).
 * Throws `IDP_UNAVAILABLE` when it has not been asked yet and does not answer.
 */
export async function isIssuerOf(idp: Pick<IdentityProvider, 'issuer'>, issuer: string): Promise<boolean> {
  const own = await idp.issuer()
  if (own === undefined) return false
  const [before = '', after] = own.split('{tenantid}')
  if (after === undefined) return issuer === own
  return (
    issuer.startsWith(before) &&
    issuer.endsWith(after) &&
    /^[\w-]+$/.test(issuer.slice(before.length, -after.length || undefined))
  )
}
