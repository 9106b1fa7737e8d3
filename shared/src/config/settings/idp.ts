import { protocolParameters } from '../protocol-parameters.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { IdpConfig } from '../model.ts'
import { Secret } from '../../secret.ts'
import type { Assembly } from './assembly.ts'
import { isPlaceholder } from './secrets.ts'
import { readUrl } from './urls.ts'

const knownIssuers: Readonly<Record<string, string>> = {
  google: 'https://accounts.google.com',
  gitlab: 'https://gitlab.com',
  github: 'https://github.com',
  apple: 'https://appleid.apple.com',
  azure: 'https://login.microsoftonline.com/common/v2.0',
  onelogin: 'https://openid-connect.onelogin.com/oidc',
}

const nowhere = new URL('https://invalid.invalid')

/** The issuer of the configured provider; `undefined` when nothing says, or says it as a URL. */
export function issuerOf(values: Pick<GlobalValues, 'idp_provider' | 'idp_provider_url'>): URL | undefined {
  const text = values.idp_provider_url ?? knownIssuers[values.idp_provider ?? '']
  return text === undefined ? undefined : (URL.parse(text) ?? undefined)
}

/** The identity provider. */
export function readIdp(assembly: Assembly): IdpConfig {
  const { values, given, report } = assembly
  const provider = values.idp_provider
  const issuerText = values.idp_provider_url ?? knownIssuers[provider ?? '']
  const clientId = values.idp_client_id
  if (!given('idp_provider')) {
    report.error(['idp_provider'], 'not set; expected google, oidc or another kind of identity provider')
  } else if (provider !== undefined && issuerText === undefined && !given('idp_provider_url')) {
    report.error(['idp_provider_url'], `not set; ${provider} needs the issuer’s URL`)
  }
  if (!given('idp_client_id')) {
    report.error(['idp_client_id'], 'not set; expected the client id that the identity provider gave out')
  } else if (clientId !== undefined && isPlaceholder(clientId)) {
    report.error(['idp_client_id'], `this is a placeholder; ${clientIdOf(provider)}`)
  }
  checkRequestParams(assembly)
  return {
    provider: provider ?? 'oidc',
    issuer: (issuerText === undefined ? undefined : readUrl(issuerText, ['idp_provider_url'], report)) ?? nowhere,
    clientId: clientId ?? '',
    clientSecret: readClientSecret(assembly),
    scopes: values.idp_scopes?.flatMap((scope) => scope.split(/\s+/)),
    requestParams: values.idp_request_params,
    ...(given('idp_groups_claim') ? { groupsClaim: values.idp_groups_claim } : {}),
  }
}

function checkRequestParams({ values, report }: Assembly): void {
  for (const [name, value] of Object.entries(values.idp_request_params ?? {})) {
    const path = ['idp_request_params', name]
    if (protocolParameters.has(name)) report.error(path, 'the sign-in itself sets this parameter', 'key')
    const isDemand = name === 'max_age' || name === 'acr_values'
    if (isDemand && values.idp_provider === 'github')
      report.error(path, 'GitHub does not say how people signed in, so nobody could get in', 'key')
    else if (name === 'max_age' && !/^\d{1,9}$/.test(value)) report.error(path, 'expected a number of seconds')
  }
}

/** Where the real one is to be had. */
function clientIdOf(provider: string | undefined): string {
  return provider === 'google'
    ? 'make an OAuth client at https://console.cloud.google.com/apis/credentials and put its id here'
    : 'register this installation as a client at the identity provider and put the id that it gives out here'
}

function readClientSecret({ values, secrets, report }: Assembly): Secret | undefined {
  const { text, path, given } = secrets('idp_client_secret')
  if (text === undefined) {
    if (given) return undefined
    if (values.idp_provider === 'oidc')
      report.warning(path, 'not set, so this is a public client: only PKCE protects the sign-in')
    else report.error(path, 'not set; expected the client secret that the identity provider gave out')
    return undefined
  }
  if (isPlaceholder(text)) report.error(path, 'this is a placeholder')
  return new Secret(text)
}
