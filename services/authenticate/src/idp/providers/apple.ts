import type { ProviderProfile } from '../provider-profile.ts'

/** Apple answers by POST whenever name or e-mail is asked for. */
export const apple: ProviderProfile = {
  scopes: ['openid', 'name', 'email'],
  requestParams: {},
  requiredParams: { response_mode: 'form_post' },
}
