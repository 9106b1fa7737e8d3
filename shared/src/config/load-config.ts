import { hash } from 'node:crypto'
import { checkVariables } from './check/variables.ts'
import { checkMetricsAddress } from './check/metrics-address.ts'
import { checkRuntimeFlags } from './check/runtime-flags.ts'
import { checkRoutes } from './check/check-routes.ts'
import type { ConfigIssue, ConfigPath, ConfigPlace } from './config-issue.ts'
import { globalKeys, routeListKeys } from './keys/global-keys.ts'
import { leftOutForAccess, leftOutGlobalKeys } from './keys/left-out.ts'
import type { MetricsConfig } from './metrics-config.ts'
import type {
  AuthenticateConfig,
  AuthorizeConfig,
  AuthorizeRoute,
  CommonConfig,
  ProxyConfig,
  ServiceName,
} from './model.ts'
import { readKeys } from './read/read-keys.ts'
import { Report } from './read/report.ts'
import { checkResponseHeaders } from './routes/headers.ts'
import { readRoutes } from './routes/read-routes.ts'
import { toAuthorizeRoute } from './routes/route-slices.ts'
import { readPlatform } from './settings/assembly.ts'
import type { Assembly } from './settings/assembly.ts'
import { readMetrics } from './settings/metrics-listener.ts'
import { secretTexts } from './settings/secret-texts.ts'
import { readServices, serviceNames } from './settings/services.ts'
import { authenticateSlice } from './slices/authenticate-slice.ts'
import { authorizeSlice } from './slices/authorize-slice.ts'
import { keySecrets } from './slices/key-secrets.ts'
import { proxySlice } from './slices/proxy-slice.ts'
import type { Environment } from './source/environment.ts'
import { readRawConfig } from './source/raw-config.ts'
import type { RawConfig } from './source/raw-config.ts'
import { withSlices } from './with-slices.ts'

export interface ConfigInput {
  /** `undefined`: everything is in the environment. */
  readonly file: { readonly path: string; readonly text: string } | undefined
  readonly env: Environment
  /** Reads a file that a key names (`*_file`). Throws where it cannot. */
  readonly readFile: (path: string) => string
  /** Whether everybody on the machine may read a file; left out: nobody looks. */
  readonly isReadableByAll?: (path: string) => boolean
  /** The services to load for; left out: what the key `services` says. */
  readonly services?: readonly ServiceName[]
  /** Random secrets in place of those that are not given, by key: filled in, and used again by the next load. */
  readonly generated?: Map<string, string>
  /** Only who may use which route is asked: keys of Pomerium's that say nothing about it are no error. */
  readonly onlyAccess?: boolean
  /** The policy language belongs to authorize; whoever may import it brings the checker. */
  readonly checkPolicy?: PolicyCheck
}

/** What is wrong with who may use a route. Paths start at the root of the configuration. */
export type PolicyCheck = (route: AuthorizeRoute) => readonly { readonly path: ConfigPath; readonly message: string }[]

/**
 * The configuration, cut into what each service may have. A slice exists for the services it was loaded for; asking
 * for another one throws `CONFIG_INVALID`, because its secrets need not be here.
 */
export interface LoadedConfig {
  readonly services: readonly ServiceName[]
  readonly revision: string
  readonly logLevel: CommonConfig['logLevel']
  /** Where Prometheus reads what this process counts; `undefined`: nowhere. */
  readonly metrics: MetricsConfig | undefined
  /** What was in files that are read once, at the start, as digests by key: a change of them waits for a restart. */
  readonly filesReadOnce: ReadonlyMap<string, string>
  readonly proxy: ProxyConfig
  readonly authorize: AuthorizeConfig
  readonly authenticate: AuthenticateConfig
}

export type LoadResult =
  | {
      readonly kind: 'ok'
      readonly config: LoadedConfig
      readonly warnings: readonly ConfigIssue[]
      /** Where an entry begins, its key included; the nearest one above it where it is not there. */
      readonly locate: (path: ConfigPath) => ConfigPlace
    }
  | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[]; readonly warnings: readonly ConfigIssue[] }

/** Reads file and environment. Every mistake is in the result, none is thrown; nothing is started or connected to. */
export function loadConfig(input: ConfigInput): LoadResult {
  const raw = readRawConfig(input.file, input.env)
  const report = new Report((path, part) => raw.locate(path, part))
  report.addAll(raw.issues)
  if (report.errorCount > 0) return { kind: 'invalid', issues: report.sorted('error'), warnings: [] }
  const config = assemble(input, raw, report)
  const warnings = report.sorted('warning')
  return report.errorCount > 0
    ? { kind: 'invalid', issues: report.sorted('error'), warnings }
    : { kind: 'ok', config, warnings, locate: locateAgain(input) }
}

/** Few ask, and ten thousand routes with their places take a hundred megabytes: read again for the first who does. */
function locateAgain({ file, env }: ConfigInput): (path: ConfigPath) => ConfigPlace {
  let raw: RawConfig | undefined
  return (path) => (raw ??= readRawConfig(file, env)).locate(path, 'key')
}

/** What one load sees of a file is one content, however often it is named. */
function readOnce(readFile: (path: string) => string): (path: string) => string {
  const contents = new Map<string, string>()
  return (path) => {
    const content = contents.get(path) ?? readFile(path)
    contents.set(path, content)
    return content
  }
}

function assemble(input: ConfigInput, raw: RawConfig, report: Report): LoadedConfig {
  const { policy: _policy, routes: _routes, ...settings } = raw.data
  const leftOut = input.onlyAccess === true ? leftOutForAccess : leftOutGlobalKeys
  const values = readKeys(globalKeys, settings, [], report, {
    leftOut,
    alsoLegal: routeListKeys,
  })
  checkVariables(input.env, leftOut, report)
  checkRuntimeFlags(settings['runtime_flags'], input.env, report)
  const readFile = readOnce(input.readFile)
  const services = input.services ?? readServices(values.services, report)
  const routes = readRoutes(raw.data, report)
  const assembly: Assembly = {
    values,
    given: (key) => Object.hasOwn(raw.data, key),
    routes,
    services,
    secrets: secretTexts(raw.data, values, { readFile, report }),
    allInOne: services.length === serviceNames.length,
    platform: readPlatform(input.env, report),
    revision: revisionOf(raw.data),
    report,
    readFile,
    isReadableByAll: input.isReadableByAll ?? (() => false),
    filesReadOnce: new Map(),
    generated: input.generated ?? new Map<string, string>(),
  }
  checkResponseHeaders(values.set_response_headers, [], report)
  checkRoutes(routes, report)
  checkPolicies(assembly, input.checkPolicy)
  if (routes.length === 0 && routeListKeys.every((key) => raw.data[key] === undefined)) {
    report.warning([], 'there are no routes; give some under "routes:", or in POLICY or ROUTES')
  }
  return cut(assembly)
}

function cut(assembly: Assembly): LoadedConfig {
  const { services } = assembly
  const keys = keySecrets(assembly)
  const proxy = services.includes('proxy') ? proxySlice(assembly) : undefined
  const authorize = services.includes('authorize') ? authorizeSlice(assembly, keys) : undefined
  const authenticate = services.includes('authenticate') ? authenticateSlice(assembly, keys) : undefined
  const metrics = readMetrics(assembly)
  checkMetricsAddress(metrics, { proxy, authorize, authenticate }, assembly)
  const common = {
    services,
    revision: assembly.revision,
    logLevel: services.length === 1 && proxy !== undefined ? proxy.logLevel : assembly.values.log_level,
    metrics,
    filesReadOnce: assembly.filesReadOnce,
  }
  return withSlices(common, { proxy, authorize, authenticate })
}

/** A policy that is given but empty is reported already. */
function checkPolicies({ routes, values, report }: Assembly, check: PolicyCheck = () => []): void {
  for (const route of routes) {
    if (route.values.policy === null || route.values.policy === '') continue
    for (const { path, message } of check(toAuthorizeRoute(route, values))) report.error(path, message, 'key')
  }
}

/** Over everything that decides about routes and access, and nothing that differs between the services. */
function revisionOf(data: Readonly<Record<string, unknown>>): string {
  const { policy, routes, pass_identity_headers, jwt_claims_headers, authenticate_service_url } = data
  const {
    bearer_token_format,
    identity_providers,
    idp_groups_claim,
    idp_access_token_allowed_audiences,
    downstream_mtls,
  } = data
  const access = [
    bearer_token_format,
    identity_providers,
    idp_groups_claim,
    idp_access_token_allowed_audiences,
    downstream_mtls,
  ]
  return hash(
    'sha256',
    JSON.stringify([policy, routes, pass_identity_headers, jwt_claims_headers, authenticate_service_url, access]),
  ).slice(0, 32)
}
