import { eventually } from '../../../support/eventually.ts'
import { answerTo, seen, statusesOf, statusOf } from '../look.ts'
import type { RouteTheme } from '../run-routes.ts'

const askHosts =
  (...hosts: readonly string[]) =>
  ({ stack }: Parameters<ReturnType<typeof statusOf>>[0]) =>
    Promise.all(hosts.map(async (host) => (await stack.ask(host)).echo?.app))

export const matching: RouteTheme = {
  title: 'which requests a route takes',
  rows: [
    { keys: ['from'], title: 'a host', route: {}, observe: statusOf(), given: 200 },
    {
      keys: ['from'],
      title: 'an asterisk spans dots',
      route: { from: 'https://*.wild.test' },
      observe: askHosts('a.wild.test', 'a.b.wild.test', 'wild.test', 'a.wild.test.evil.test'),
      given: ['one', 'one', undefined, undefined],
    },
    {
      keys: ['from'],
      title: 'an asterisk inside a name',
      route: { from: 'https://app-*.inside.test' },
      observe: askHosts('app-1.inside.test', 'app.inside.test', 'xapp-1.inside.test'),
      given: ['one', undefined, undefined],
    },
    {
      keys: ['from'],
      title: 'an exact host goes before an asterisk above it',
      route: ({ apps }) => ({ from: 'https://*.order.test', to: apps.one }),
      observe: askHosts('a.order.test', 'exact.order.test'),
      given: ['one', 'two'],
    },
    {
      keys: ['from'],
      title: 'the exact host of the row above',
      route: ({ apps }) => ({ from: 'https://exact.order.test', to: apps.two }),
      observe: askHosts('exact.order.test'),
      given: ['two'],
    },
    {
      keys: ['from'],
      title: 'any port, or the one that it names',
      route: { from: 'https://port.test:8443' },
      observe: askHosts('port.test:8443', 'port.test', 'port.test:9443', 'exact.order.test:9443'),
      given: ['one', undefined, undefined, 'two'],
    },
    {
      keys: ['prefix'],
      title: 'is plain text',
      route: { prefix: '/v1' },
      observe: statusesOf('/v1', '/v1/x', '/v1x?a=/v2', '/v2', '/'),
      given: [200, 200, 200, 404, 404],
      leftOut: [200, 200, 200, 200, 200],
    },
    {
      keys: ['path'],
      title: 'is the whole path, without the query',
      route: { path: '/exact' },
      observe: statusesOf('/exact', '/exact?a=b', '/exact/', '/Exact'),
      given: [200, 200, 404, 404],
      leftOut: [200, 200, 200, 200],
    },
    {
      keys: ['regex'],
      title: 'is for the whole path, without the query',
      route: { regex: '/v[0-9]+/(a|b)' },
      observe: statusesOf('/v12/a', '/v1/b?c', '/v1/ab', '/x/v1/a', '/v/a'),
      given: [200, 200, 404, 404, 404],
      leftOut: [200, 200, 200, 200, 200],
    },
    {
      keys: ['path', 'prefix', 'regex'],
      title: 'of several the first of regex, path and prefix counts alone',
      route: { regex: '/r', path: '/p', prefix: '/x' },
      observe: statusesOf('/r', '/p', '/x'),
      given: [200, 404, 404],
      leftOut: [200, 200, 200],
    },
    {
      keys: ['tls_downstream_server_name'],
      title: 'a second host',
      route: { tls_downstream_server_name: 'Second.Name.test' },
      observe: askHosts('second.name.test'),
      given: ['one'],
    },
    {
      keys: ['name'],
      title: 'stands in the access record',
      route: { name: 'Hello' },
      observe: async (route) => {
        await answerTo({ path: '/named' })(route)
        const recordOf = () => route.stack.records.find(({ authority }) => authority === route.host)
        await eventually('the access record', 1000, () => recordOf() !== undefined)
        const { 'upstream-cluster': cluster, 'route-id': id } = recordOf() ?? {}
        return cluster === id ? 'ID' : cluster
      },
      given: 'Hello',
      leftOut: 'ID',
    },
    {
      keys: ['to'],
      title: 'where requests go',
      route: ({ apps }) => ({ to: apps.two }),
      observe: seen({}, ({ app }) => app),
      given: 'two',
    },
  ],
}
