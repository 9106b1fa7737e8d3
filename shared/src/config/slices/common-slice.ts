import type { CommonConfig, GrpcTarget, ServiceName } from '../model.ts'
import { canonicalHost, hostsOf } from '../routes/from.ts'
import type { Assembly } from '../settings/assembly.ts'
import { readGrpc } from '../settings/grpc.ts'
import { readUrl } from '../settings/urls.ts'

const cookieName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** What every service reads. `targets`: the services that this one calls. */
export function commonSlice(assembly: Assembly, service: ServiceName, targets: readonly GrpcTarget[]): CommonConfig {
  const { values, report } = assembly
  if (!cookieName.test(values.cookie_name))
    report.error(['cookie_name'], 'expected a name without spaces, quotes, commas, ";" or "="')
  if (values.cookie_expire < 60_000) report.error(['cookie_expire'], 'expected at least 1m')
  if (!values.cookie_http_only)
    report.warning(['cookie_http_only'], 'scripts of applications can read the session cookie')
  return {
    revision: assembly.revision,
    logLevel: values.log_level,
    cookie: {
      name: values.cookie_name,
      sameSite: values.cookie_same_site,
      domain: undefined,
      httpOnly: values.cookie_http_only,
      expireMs: values.cookie_expire,
    },
    authenticateUrl: readAuthenticateUrl(assembly),
    grpc: readGrpc(assembly, service, targets),
  }
}

const nowhere = new URL('https://invalid.invalid')

function readAuthenticateUrl({ values, given, routes, report }: Assembly): URL {
  const path = ['authenticate_service_url']
  if (values.authenticate_service_url === undefined) {
    if (given('authenticate_service_url')) return nowhere
    report.error(
      path,
      'not set; expected the URL at which browsers reach authenticate, such as https://authenticate.example.com',
    )
    return nowhere
  }
  const url = readUrl(values.authenticate_service_url, path, report)
  if (url === undefined) return nowhere
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    report.error(path, 'only scheme, host and port belong here')
  const host = canonicalHost(url.hostname)
  for (const route of routes) {
    if (hostsOf(route).includes(host)) {
      report.error(
        [...route.path, route.from.host === host ? 'from' : 'tls_downstream_server_name'],
        'this is the host of authenticate_service_url; the route would take its sign-in pages away. Give one of them another host',
      )
    }
  }
  return url
}
