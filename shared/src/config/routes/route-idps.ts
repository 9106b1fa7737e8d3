import { Secret } from '../../secret.ts'
import { idpIdOf } from '../../session/idp-id.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { IdpConfig } from '../model.ts'
import type { Report } from '../read/report.ts'
import { issuerOf } from '../settings/idp.ts'
import { isPlaceholder } from '../settings/secrets.ts'
import type { RouteDraft } from './route-draft.ts'

/** The id of the route's own client at the identity provider; `undefined` where it uses that of all routes. */
export function routeIdpId({ values }: RouteDraft, globals: GlobalValues): string | undefined {
  const issuer = issuerOf(globals)
  if (!hasOwnClient(values, globals) || values.idp_client_id === undefined || issuer === undefined) return undefined
  return idpIdOf(issuer, values.idp_client_id)
}

/** Authorize tells sessions of different clients apart, and needs the issuer for that. */
export function checkRouteIdpIds(routes: readonly RouteDraft[], globals: GlobalValues, report: Report): void {
  if (issuerOf(globals) !== undefined) return
  for (const { values, path } of routes) {
    if (!hasOwnClient(values, globals)) continue
    report.error(
      [...path, 'idp_client_id'],
      'for a route’s own client authorize needs idp_provider, or idp_provider_url, too',
    )
  }
}

/** The clients that routes bring themselves: each once, at the same identity provider as that of all routes. */
export function routeIdps(
  routes: readonly RouteDraft[],
  globals: GlobalValues,
  usual: IdpConfig,
  report: Report,
): IdpConfig[] {
  const clients = new Map<string, { readonly secret: string | undefined; readonly source: string }>()
  for (const { values, path, source } of routes) {
    const { idp_client_id: id, idp_client_secret: secret } = values
    if (id === undefined) {
      if (secret !== undefined) report.error([...path, 'idp_client_secret'], 'has no effect without idp_client_id')
      continue
    }
    if (!hasOwnClient(values, globals)) continue
    if (isPlaceholder(id)) report.error([...path, 'idp_client_id'], 'this is a placeholder')
    checkSecret(secret, [...path, 'idp_client_secret'], usual, report)
    const known = clients.get(id)
    if (known !== undefined && known.secret !== secret) {
      report.error([...path, 'idp_client_secret'], `another secret than that of the same client at ${known.source}`)
    }
    clients.set(id, { secret, source })
  }
  return [...clients].map(([clientId, { secret }]) => ({
    ...usual,
    clientId,
    clientSecret: secret === undefined ? undefined : new Secret(secret),
  }))
}

function hasOwnClient(values: RouteDraft['values'], globals: GlobalValues): boolean {
  return values.idp_client_id !== undefined && values.idp_client_id !== globals.idp_client_id
}

function checkSecret(secret: string | undefined, path: RouteDraft['path'], usual: IdpConfig, report: Report): void {
  if (secret !== undefined) {
    if (isPlaceholder(secret)) report.error(path, 'this is a placeholder')
  } else if (usual.provider === 'oidc') {
    report.warning(path, 'not set, so this is a public client: only PKCE protects the sign-in')
  } else report.error(path, 'not set; expected the client secret that the identity provider gave out')
}
