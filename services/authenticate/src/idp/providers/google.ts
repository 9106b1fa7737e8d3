import type { ProviderProfile } from '../provider-profile.ts'

/** Google gives refresh tokens for `access_type=offline` and knows no `offline_access` scope. */
export const google: ProviderProfile = {
  scopes: ['openid', 'profile', 'email'],
  tokenInfoUrl: new URL('https://oauth2.googleapis.com/tokeninfo'),
  requestParams: { access_type: 'offline', prompt: 'select_account consent' },
}
