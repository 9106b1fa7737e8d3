import type { ProviderProfile } from '../provider-profile.ts'

/** GitLab and Cognito refuse the `offline_access` scope and give refresh tokens without it. */
export const withoutOfflineAccess: ProviderProfile = {
  scopes: ['openid', 'profile', 'email'],
  requestParams: {},
}
