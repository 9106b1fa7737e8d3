import { protocolParameters } from '@postern/shared/config/protocol-parameters.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { openid, type ProviderProfile } from './provider-profile.ts'
import { apple } from './providers/apple.ts'
import { azure } from './providers/azure.ts'
import { google } from './providers/google.ts'
import { okta } from './providers/okta.ts'
import { withoutOfflineAccess } from './providers/without-offline-access.ts'

const profiles: ReadonlyMap<string, ProviderProfile> = new Map([
  ['apple', apple],
  ['auth0', openid],
  ['azure', azure],
  ['cognito', withoutOfflineAccess],
  ['gitlab', withoutOfflineAccess],
  ['google', google],
  ['oidc', openid],
  ['okta', okta],
  ['onelogin', openid],
  ['ping', openid],
])

/** What `idp_provider` stands for. The configuration has refused every other name. */
export function profileOf(provider: string): ProviderProfile {
  return profiles.get(provider) ?? openid
}

/** The parameters of the authorization request that are the same for everybody. */
export function fixedRequestParameters(config: IdpConfig, profile: ProviderProfile): Record<string, string> {
  const chosen = Object.entries(config.requestParams ?? profile.requestParams)
  const scopes = config.scopes && config.scopes.length > 0 ? config.scopes : profile.scopes
  return {
    ...Object.fromEntries(chosen.filter(([name]) => !protocolParameters.has(name))),
    ...profile.requiredParams,
    scope: [...new Set(['openid', ...scopes])].join(' '),
  }
}
