import type { ProxyConfig, ProxyRoute } from '@postern/shared/config/model.ts'
import { inSlices } from '@postern/shared/lifecycle/in-slices.ts'
import { accessRecorder, type AccessRecorder } from '../log/access-log.ts'
import { HostReader } from '../request/canonical-host.ts'
import { HeaderNames } from '../request/header-names.ts'
import { ownCookieNames, type OwnCookieNames } from '../request/own-cookies.ts'
import { prepareRoute, type Preparation, type PreparedRoute } from './prepared-route.ts'
import { prepareAuthenticate, type PreparedAuthenticate } from './prepared-authenticate.ts'
import { RouteTable } from './route-table.ts'

/** Everything that follows from one configuration. Replaced as a whole; a request keeps the one it began with. */
export interface ProxyState {
  readonly config: ProxyConfig
  readonly table: RouteTable<PreparedRoute>
  readonly routesById: ReadonlyMap<string, PreparedRoute>
  readonly headerNames: HeaderNames
  readonly hosts: HostReader
  readonly cookies: OwnCookieNames
  /** `undefined`: this proxy does not front authenticate. */
  readonly authenticate: PreparedAuthenticate | undefined
  readonly logsAccess: boolean
  readonly accessRecord: AccessRecorder
  /** Lower-case names: what `set_response_headers` puts on every answer, ours too. */
  readonly ownAnswerHeaders: Readonly<Record<string, string>>
}

/** Routes that are prepared already. */
export type PreparedAhead = ReadonlyMap<ProxyRoute, PreparedRoute>

/** Prepares the routes of a configuration that is about to come, while requests go on. */
export async function prepareAhead(config: ProxyConfig, preparation: Preparation): Promise<PreparedAhead> {
  const cookies = ownCookieNames(config.cookie.name)
  const prepared = new Map<ProxyRoute, PreparedRoute>()
  await inSlices(config.routes, (route) => prepared.set(route, prepareRoute(route, preparation, cookies)))
  return prepared
}

const nothing: PreparedAhead = new Map()

/** `ahead`: for this very configuration. */
export function proxyState(config: ProxyConfig, preparation: Preparation, ahead = nothing): ProxyState {
  const { pools } = preparation
  const cookies = ownCookieNames(config.cookie.name)
  const prepared = config.routes.map((route) => ahead.get(route) ?? prepareRoute(route, preparation, cookies))
  const authenticate = prepareAuthenticate(config, pools)
  const inUse = prepared.flatMap(({ upstreams }) => upstreams.values.map(({ connections }) => connections))
  if (authenticate !== undefined) inUse.push(authenticate.connections)
  pools.retainOnly(new Set(inUse))
  return {
    config,
    table: new RouteTable(prepared),
    routesById: new Map(prepared.map((route) => [route.route.id, route])),
    headerNames: new HeaderNames(config.reservedRequestHeaders, config.requestRules?.headersWithUnderscores),
    hosts: new HostReader(),
    cookies,
    authenticate,
    logsAccess: config.logLevel === 'debug' || config.logLevel === 'info',
    accessRecord: accessRecorder(config.accessLogFields),
    ownAnswerHeaders: Object.fromEntries(
      Object.entries(config.defaultResponseHeaders).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  }
}
