import { pathSeen, seen } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

/** The host that the application saw, and the one that it was told of. */
const hostsSeen =
  (path = '/', headers: Readonly<Record<string, string>> = {}) =>
  async (route: RouteUnderTest) => {
    const told = await seen({ path, headers }, ({ host, headers }) => [host, headers['x-forwarded-host']?.join()])(
      route,
    )
    return typeof told === 'number' ? told : told.map((host) => plain(host, route.host))
  }
const plain = (host: string | undefined, own: string): string | undefined =>
  host?.replace(own, 'CLIENT’S').replace(/^127\.0\.0\.1:\d+$/, 'APPLICATION’S')

const own = ['APPLICATION’S', 'CLIENT’S']

export const rewriting: RouteTheme = {
  title: 'path and host on the way to the application',
  rows: [
    {
      keys: ['prefix_rewrite'],
      route: { prefix: '/v1', prefix_rewrite: '/internal' },
      observe: pathSeen('/v1/x?a=%2F'),
      given: '/internal/x?a=%2F',
      leftOut: '/v1/x?a=%2F',
    },
    {
      keys: ['prefix_rewrite'],
      title: 'the whole path, where no prefix is given',
      route: { prefix_rewrite: '/base/' },
      observe: pathSeen('/x'),
      given: '/base/x',
      leftOut: '/x',
    },
    {
      keys: ['prefix_rewrite'],
      title: 'a slash that only the replaced part had stays',
      route: { prefix: '/admin/', prefix_rewrite: '/x' },
      observe: pathSeen('/admin/foo'),
      given: '/x/foo',
      leftOut: '/admin/foo',
    },
    {
      keys: ['to'],
      title: 'its path stands in place of what matched',
      route: ({ apps }) => ({ prefix: '/app', to: `${apps.one}/base` }),
      observe: pathSeen('/app/x'),
      given: '/base/x',
    },
    {
      keys: ['prefix_rewrite'],
      title: 'goes before the path of `to`',
      route: ({ apps }) => ({ prefix: '/app', to: `${apps.one}/base`, prefix_rewrite: '/mine' }),
      observe: pathSeen('/app/x'),
      given: '/mine/x',
      leftOut: '/base/x',
    },
    {
      keys: ['regex_rewrite_pattern', 'regex_rewrite_substitution'],
      route: { regex_rewrite_pattern: '^/users/([^/]+)/(.*)$', regex_rewrite_substitution: '/\\2/of/\\1' },
      observe: pathSeen('/users/ada/repos/1?a'),
      given: '/repos/1/of/ada?a',
      leftOut: '/users/ada/repos/1?a',
    },
    {
      keys: ['regex_rewrite_pattern', 'regex_rewrite_substitution'],
      title: 'every match, and never the query',
      route: { regex_rewrite_pattern: 'a', regex_rewrite_substitution: 'b' },
      observe: pathSeen('/a-a?a=a'),
      given: '/b-b?a=a',
      leftOut: '/a-a?a=a',
    },
    { keys: ['to'], title: 'its host is the one that is asked for', route: {}, observe: hostsSeen(), given: own },
    {
      keys: ['host_rewrite'],
      route: { host_rewrite: 'literal.internal' },
      observe: hostsSeen(),
      given: ['literal.internal', 'CLIENT’S'],
      leftOut: own,
    },
    {
      keys: ['host_rewrite_header'],
      route: { host_rewrite_header: 'X-Host' },
      observe: hostsSeen('/', { 'x-host': 'Named.internal' }),
      given: ['named.internal', 'CLIENT’S'],
      leftOut: own,
    },
    {
      keys: ['host_rewrite_header'],
      title: 'without the header: the application’s own',
      route: { host_rewrite_header: 'X-Host' },
      observe: hostsSeen(),
      given: own,
      leftOut: own,
    },
    {
      keys: ['host_path_regex_rewrite_pattern', 'host_path_regex_rewrite_substitution'],
      route: {
        host_path_regex_rewrite_pattern: '^/([^/]+)/.*$',
        host_path_regex_rewrite_substitution: '\\1.internal',
      },
      observe: hostsSeen('/tenant/x?y/z'),
      given: ['tenant.internal', 'CLIENT’S'],
      leftOut: own,
    },
    {
      keys: ['preserve_host_header'],
      title: 'then nobody needs to be told of it',
      route: { preserve_host_header: true },
      observe: hostsSeen(),
      given: ['CLIENT’S', undefined],
      leftOut: own,
    },
    {
      keys: ['host_rewrite'],
      title: 'the first of the host keys counts',
      route: { host_rewrite: 'literal.internal', host_rewrite_header: 'X-Host', preserve_host_header: true },
      observe: hostsSeen('/', { 'x-host': 'named.internal' }),
      given: ['literal.internal', 'CLIENT’S'],
      leftOut: ['named.internal', 'CLIENT’S'],
    },
    {
      keys: ['remove_request_headers'],
      title: 'X-Forwarded-Host as well',
      route: { host_rewrite: 'literal.internal', remove_request_headers: ['X-Forwarded-HOST'] },
      observe: hostsSeen(),
      given: ['literal.internal', undefined],
      leftOut: ['literal.internal', 'CLIENT’S'],
    },
  ],
}
