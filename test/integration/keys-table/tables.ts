// All rows there are.
import { access } from './rows/access.ts'
import { answers } from './rows/answers.ts'
import { apart } from './rows/apart.ts'
import { apartTls } from './rows/apart-tls.ts'
import { bearerRoutes } from './rows/bearer.ts'
import { clientCertificateRoutes, clientCertificates } from './rows/client-certificates.ts'
import { headers } from './rows/headers.ts'
import { bearer, identity } from './rows/identity.ts'
import { lifetimes } from './rows/lifetimes.ts'
import { listeners, metrics, publicTls } from './rows/listeners.ts'
import { logs } from './rows/logs.ts'
import { matching } from './rows/matching.ts'
import { redis } from './rows/redis.ts'
import { idleConnections, requestTimes } from './rows/request-times.ts'
import { requests } from './rows/requests.ts'
import { rewriting } from './rows/rewriting.ts'
import { secrets } from './rows/secrets.ts'
import { googleCredential, serverlessRoutes } from './rows/serverless.ts'
import { cookies, programsAndSignOut, signIn } from './rows/sign-in.ts'
import { timing } from './rows/timing.ts'
import { upstreamTls } from './rows/upstream-tls.ts'
import { upstreams } from './rows/upstreams.ts'
import type { GlobalRow } from './row.ts'
import type { GlobalTheme } from './run-globals.ts'
import type { RouteTheme } from './run-routes.ts'

export const globalThemes: readonly GlobalTheme[] = [
  requests,
  signIn,
  cookies,
  programsAndSignOut,
  secrets,
  identity,
  bearer,
  listeners,
  publicTls,
  clientCertificates,
  metrics,
  logs,
  lifetimes,
]

export const slowGlobalThemes: readonly GlobalTheme[] = [requestTimes, idleConnections]

/** Of services that run apart. */
export const apartRows: readonly GlobalRow[] = [...apart, ...apartTls]

export const routeThemes: readonly RouteTheme[] = [
  matching,
  answers,
  rewriting,
  headers,
  access,
  bearerRoutes,
  upstreams,
  upstreamTls,
  clientCertificateRoutes,
]

export const slowRouteThemes: readonly RouteTheme[] = [timing]

export const redisTheme = redis

export const googleThemes = { routes: serverlessRoutes, globals: googleCredential }
