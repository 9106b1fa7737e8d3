import type { BearerFormat, TokenIssuer } from '../bearer-format.ts'
import type { ConfigPath } from '../config-issue.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { TokenIssuerValues } from '../keys/bearer-keys.ts'
import { idpIdOf } from '../../session/idp-id.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'
import { issuerOf } from '../settings/idp.ts'
import { readUrl } from '../settings/urls.ts'
import type { RouteDraft } from './route-draft.ts'

const usualAlgorithms = ['RS256', 'ES256', 'EdDSA']

/** Whether `Authorization: Bearer` is a credential on this route. */
export function takesBearer({ values }: RouteDraft, globals: GlobalValues): boolean {
  return (values.bearer_token_format ?? globals.bearer_token_format) !== 'default'
}

/** Whose tokens count on this route; `undefined`: nobody's. */
export function bearerOf({ values }: RouteDraft, globals: GlobalValues): BearerFormat | undefined {
  switch (values.bearer_token_format ?? globals.bearer_token_format) {
    case 'default':
      return undefined
    case 'google_identity_token':
      return { kind: 'google-identity-token' }
    case 'jwt': {
      const issuers = Object.entries(globals.identity_providers ?? {})
      const { identity_providers: names } = values
      const chosen = issuers.filter(([name]) => names === undefined || names.includes(name))
      return { kind: 'jwt', issuers: chosen.map(([name, issuer]) => tokenIssuer(name, issuer)) }
    }
    case 'idp_identity_token': {
      const issuer = issuerOf(globals)?.href.replace(/\/$/, '') ?? ''
      const clientId = values.idp_client_id ?? globals.idp_client_id ?? ''
      const userIdClaim = globals.idp_provider === 'azure' ? 'oid' : undefined
      return { kind: 'idp-identity-token', issuer, clientId, userIdClaim }
    }
    case 'idp_access_token': {
      const issuer = issuerOf(globals)
      const clientId = values.idp_client_id ?? globals.idp_client_id ?? ''
      const idpId = issuer === undefined ? '' : idpIdOf(issuer, clientId)
      return { kind: 'idp-access-token', idpId, audiences: allowedAudiences(values, globals) }
    }
  }
}

/** The route's own list stands in place of the global one. */
function allowedAudiences(values: RouteDraft['values'], globals: GlobalValues): readonly string[] {
  return values.idp_access_token_allowed_audiences ?? globals.idp_access_token_allowed_audiences ?? []
}

function tokenIssuer(name: string, values: TokenIssuerValues): TokenIssuer {
  const { issuer, jwks_url: url, supported_algs: algorithms, audiences } = values
  const jwksUrl = url === undefined ? undefined : (URL.parse(url) ?? undefined)
  return { name, issuer, jwksUrl, algorithms: algorithms ?? usualAlgorithms, audiences }
}

/** The issuers, and what routes say about bearer tokens. */
export function checkBearers(routes: readonly RouteDraft[], globals: GlobalValues, report: Report): void {
  const issuers = Object.entries(globals.identity_providers ?? {})
  const known = new Map<string, string>()
  for (const [name, { issuer, jwks_url: jwksUrl }] of issuers) {
    const path = ['identity_providers', name]
    const twin = known.get(issuer)
    if (twin !== undefined) report.error([...path, 'issuer'], `this is the issuer of ${twin} too`)
    known.set(issuer, name)
    checkIssuer(issuer, [...path, 'issuer'], report)
    if (jwksUrl !== undefined) readUrl(jwksUrl, [...path, 'jwks_url'], report)
  }
  checkFormat(globals.bearer_token_format, globals, ['bearer_token_format'], report)
  for (const { values, path } of routes) {
    const { bearer_token_format: format, identity_providers: names } = values
    if (format !== undefined) checkFormat(format, globals, [...path, 'bearer_token_format'], report)
    if (
      (format ?? globals.bearer_token_format) === 'idp_access_token' &&
      allowedAudiences(values, globals).length === 0
    ) {
      // Without a list, a token that any application got would open this one too.
      const needs = 'idp_access_token needs idp_access_token_allowed_audiences'
      if (format === undefined) report.error(path, `bearer_token_format ${needs}`)
      else report.error([...path, 'bearer_token_format'], needs)
    }
    for (const [index, name] of (names ?? []).entries()) {
      if (globals.identity_providers?.[name] === undefined)
        report.error(
          [...path, 'identity_providers', index],
          `${quote(name)} is not among the global identity_providers`,
        )
    }
  }
}

function checkIssuer(issuer: string, path: ConfigPath, report: Report): void {
  if (issuer.startsWith('kubernetes:')) {
    report.error(
      path,
      'Postern does not ask the Kubernetes API for keys; write the cluster’s own issuer, and jwks_url where its discovery document cannot be read without a token',
    )
  } else readUrl(issuer, path, report)
}

function checkFormat(
  format: GlobalValues['bearer_token_format'],
  globals: GlobalValues,
  path: ConfigPath,
  report: Report,
): void {
  if (format === 'jwt' && Object.keys(globals.identity_providers ?? {}).length === 0) {
    report.error(path, 'needs identity_providers, which say whose tokens count')
  } else if (format === 'idp_identity_token' && !namesIdp(globals)) {
    report.error(path, 'needs idp_provider (or idp_provider_url) and idp_client_id, whose ID tokens count')
  } else if (format === 'idp_identity_token' && isOfAllTenants(globals)) {
    report.error(
      path,
      'Entra ID for all organisations signs with the name of each, and anybody’s would count; set idp_provider_url to https://login.microsoftonline.com/TENANT/v2.0',
    )
  } else if (format === 'idp_access_token') checkAccessTokens(globals, path, report)
}

/** Entra ID’s addresses that stand for no tenant of their own. */
function isOfAllTenants(globals: GlobalValues): boolean {
  const { host, pathname } = issuerOf(globals) ?? {}
  return host === 'login.microsoftonline.com' && /^\/(?:common|organizations|consumers)(?:\/|$)/.test(pathname ?? '')
}

/** Whoever says what an access token is good for has to be there, and has to be able to. */
function checkAccessTokens(globals: GlobalValues, path: ConfigPath, report: Report): void {
  const provider = globals.idp_provider ?? ''
  if (!namesIdp(globals)) {
    report.error(
      path,
      'needs idp_provider (or idp_provider_url) and idp_client_id, which say whose access tokens count',
    )
  } else if (silentProviders.has(provider)) {
    report.error(
      path,
      `${provider} does not say for whom an access token is, so none can be taken; use jwt or idp_identity_token`,
    )
  }
}

/** Providers that have no way to ask about an access token that names its audience. */
const silentProviders: ReadonlySet<string> = new Set(['apple', 'github'])

function namesIdp(globals: GlobalValues): boolean {
  return issuerOf(globals) !== undefined && Boolean(globals.idp_client_id)
}
