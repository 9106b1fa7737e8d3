import { openid, type ProviderProfile } from '../provider-profile.ts'

/** Okta’s access tokens have the sign-in name in `sub`, and the id that ID tokens have there in `uid`. */
export const okta: ProviderProfile = { ...openid, accessTokenSubject: 'uid' }
