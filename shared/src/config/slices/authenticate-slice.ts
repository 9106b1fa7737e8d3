import type { AuthenticateConfig, RouteFrom } from '../model.ts'
import { hostsOf } from '../routes/from.ts'
import type { RouteDraft } from '../routes/route-draft.ts'
import type { Assembly } from '../settings/assembly.ts'
import { routeIdps } from '../routes/route-idps.ts'
import { readIdp } from '../settings/idp.ts'
import { readHealthListener, readPublicListener } from '../settings/listeners.ts'
import { readProgramHosts } from '../settings/program-hosts.ts'
import { readRedis } from '../settings/redis.ts'
import { readUrl } from '../settings/urls.ts'
import { commonSlice } from './common-slice.ts'
import type { KeySecrets } from './key-secrets.ts'

/** The identity provider, and where people may be sent back to. */
export function authenticateSlice(assembly: Assembly, keys: KeySecrets): AuthenticateConfig {
  const { values, routes, platform, report } = assembly
  const signOut = values.signout_redirect_url
  const idp = readIdp(assembly)
  return {
    ...commonSlice(assembly, 'authenticate', []),
    ...readPublicListener(assembly),
    healthListen: readHealthListener(assembly),
    sharedSecret: keys.sharedSecret(),
    acceptedSharedSecrets: keys.acceptedSharedSecrets(),
    cookieSecret: keys.cookieSecret(),
    acceptedCookieSecrets: keys.acceptedCookieSecrets(),
    redis: readRedis(assembly),
    idp,
    routeIdps: routeIdps(routes, values, idp, report),
    programRedirectHosts: readProgramHosts(assembly),
    sessionIdleTimeoutMs: values.session_idle_timeout,
    returnHosts: returnHosts(routes),
    signOutRedirectUrl: signOut === undefined ? undefined : readUrl(signOut, ['signout_redirect_url'], report),
    trustedHops: values.xff_num_trusted_hops ?? (platform.isCloudRun ? 1 : 0),
  }
}

/** Each host once. */
function returnHosts(routes: readonly RouteDraft[]): RouteFrom[] {
  const all = routes.flatMap((route) => hostsOf(route).map((host) => ({ ...route.from, host })))
  return [...new Map(all.map((from) => [JSON.stringify(from), from])).values()]
}
