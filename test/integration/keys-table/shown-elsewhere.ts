export interface Elsewhere {
  /** The test that shows what the key does. */
  readonly test: string
  /** How it is called there: a test that takes the configuration as it is read has other names. */
  readonly names: string
}

const mutualTls = 'test/integration/check/mutual-tls.test.ts'
const googleCallers = 'test/integration/check/google-callers.test.ts'
const sentinels = 'test/integration/redis/sentinel.test.ts'
const accessTokens = 'test/integration/whole/access-tokens.test.ts'
const upstreamTls = 'test/integration/proxy/upstream-tls.test.ts'
const readByPeople = 'shared/src/config/routes/route-keys.test.ts'

/** Keys that have no row here: what they need is big, or they change nothing but what people read. */
export const shownElsewhere: Readonly<Record<string, Elsewhere>> = {
  certificate_authority: { test: upstreamTls, names: 'certificate_authority:' },
  certificate_authority_file: { test: 'shared/src/config/keys/keys.test.ts', names: 'certificate_authority_file' },
  'grpc_tls.client_names.authorize': { test: mutualTls, names: 'clientNames' },
  'grpc_tls.client_names.authenticate': { test: mutualTls, names: 'clientNames' },
  'grpc_google.callers.proxy': { test: googleCallers, names: 'callers: { proxy:' },
  'grpc_google.callers.authorize': { test: googleCallers, names: 'callers:' },
  'grpc_google.audiences.authorize': { test: googleCallers, names: 'audiences: { authorize:' },
  'grpc_google.audiences.authenticate': { test: googleCallers, names: 'audiences:' },
  // What it would change is refused, and what it allows is so anyhow.
  grpc_insecure: { test: 'shared/src/config/settings/listeners.test.ts', names: 'GRPC_INSECURE' },
  redis_sentinel_username: { test: 'shared/src/config/settings/redis.test.ts', names: 'redis_sentinel_username' },
  redis_sentinel_password: { test: sentinels, names: 'sentinelPassword' },
  idp_access_token_allowed_audiences: { test: accessTokens, names: 'idp_access_token_allowed_audiences' },
  'routes.idp_access_token_allowed_audiences': { test: accessTokens, names: 'idp_access_token_allowed_audiences' },
  'routes.description': { test: readByPeople, names: 'description' },
  'routes.logo_url': { test: readByPeople, names: 'logo_url' },
}
