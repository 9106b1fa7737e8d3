import type { AuthorizeConfig } from '../model.ts'
import { checkRouteIdpIds } from '../routes/route-idps.ts'
import { checkBearers } from '../routes/bearer.ts'
import { toAuthorizeRoute } from '../routes/route-slices.ts'
import type { Assembly } from '../settings/assembly.ts'
import { readTargets } from '../settings/grpc.ts'
import { readHealthListener } from '../settings/listeners.ts'
import { readDecisionFields } from '../settings/log-fields.ts'
import { readProgramHosts } from '../settings/program-hosts.ts'
import { readRedis } from '../settings/redis.ts'
import { readSigningKey } from '../settings/secrets.ts'
import { commonSlice } from './common-slice.ts'
import type { KeySecrets } from './key-secrets.ts'

/** Who may. */
export function authorizeSlice(assembly: Assembly, keys: KeySecrets): AuthorizeConfig {
  const { values, routes, secrets, report } = assembly
  const authenticateTargets = readTargets(assembly, 'authorize', 'authenticate_grpc_service_url')
  const signingKey = secrets('signing_key')
  checkBearers(routes, values, report)
  checkRouteIdpIds(routes, values, report)
  return {
    ...commonSlice(assembly, 'authorize', authenticateTargets),
    healthListen: readHealthListener(assembly),
    sharedSecret: keys.sharedSecret(),
    acceptedSharedSecrets: keys.acceptedSharedSecrets(),
    signingKey: readSigningKey(signingKey.text, signingKey.path, report),
    redis: readRedis(assembly),
    authenticateTargets,
    routes: routes.map((route) => toAuthorizeRoute(route, values)),
    programRedirectHosts: readProgramHosts(assembly),
    decisionLogFields: readDecisionFields(values, report),
  }
}
