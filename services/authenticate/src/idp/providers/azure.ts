import type { ProviderProfile } from '../provider-profile.ts'

/** Entra ID: `sub` differs per application, `oid` names the person; the address may be in `mail` or the sign-in name. */
export const azure: ProviderProfile = {
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  requestParams: { prompt: 'select_account' },
  userIdClaim: 'oid',
  emailFallbacks: ['mail'],
}
