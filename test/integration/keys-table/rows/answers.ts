import { answerTo, statusOf } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

/** Status and address of a redirect, seen from the host that asked. */
const redirectOf = (path: string) => async (route: RouteUnderTest) => {
  const { status, headers } = await answerTo({ path })(route)
  return [status, headers.location?.replaceAll(route.host, 'HOST')]
}

/** A redirect that is one anyhow. */
const redirect = (keys: Readonly<Record<string, unknown>>) => ({
  to: undefined,
  redirect: { port_redirect: 1, ...keys },
})

export const answers: RouteTheme = {
  title: 'what a route answers by itself',
  rows: [
    {
      keys: ['redirect.https_redirect'],
      route: { from: 'http://plain.localhost', ...redirect({ https_redirect: true }) },
      observe: async ({ stack }) => (await stack.ask('plain.localhost')).headers.location,
      given: 'https://plain.localhost:1/',
    },
    {
      keys: ['redirect.port_redirect'],
      title: 'without https_redirect the scheme stays as it is',
      route: { from: 'http://still-plain.localhost', ...redirect({}) },
      observe: async ({ stack }) => (await stack.ask('still-plain.localhost')).headers.location,
      given: 'http://still-plain.localhost:1/',
    },
    {
      keys: ['redirect.scheme_redirect'],
      route: redirect({ scheme_redirect: 'http' }),
      observe: redirectOf('/a'),
      given: [301, 'http://HOST:1/a'],
      leftOut: [301, 'https://HOST:1/a'],
    },
    {
      keys: ['redirect.host_redirect'],
      route: redirect({ host_redirect: 'new.test' }),
      observe: redirectOf('/a?b=c'),
      given: [301, 'https://new.test:1/a?b=c'],
      leftOut: [301, 'https://HOST:1/a?b=c'],
    },
    {
      keys: ['redirect.port_redirect'],
      route: { to: undefined, redirect: { host_redirect: 'new.test', port_redirect: 8443 } },
      observe: redirectOf('/'),
      given: [301, 'https://new.test:8443/'],
      leftOut: [301, 'https://new.test/'],
    },
    {
      keys: ['redirect.path_redirect'],
      route: redirect({ path_redirect: '/moved' }),
      observe: redirectOf('/a/b?c'),
      given: [301, 'https://HOST:1/moved?c'],
      leftOut: [301, 'https://HOST:1/a/b?c'],
    },
    {
      keys: ['redirect.prefix_rewrite'],
      route: { prefix: '/old', ...redirect({ prefix_rewrite: '/new' }) },
      observe: redirectOf('/old/x?y'),
      given: [301, 'https://HOST:1/new/x?y'],
      leftOut: [301, 'https://HOST:1/old/x?y'],
    },
    ...[302, 303, 307, 308].map((status) => ({
      keys: ['redirect.response_code'] as const,
      route: redirect({ response_code: status }),
      observe: redirectOf('/'),
      given: [status, 'https://HOST:1/'],
      leftOut: [301, 'https://HOST:1/'],
    })),
    {
      keys: ['redirect.strip_query'],
      route: redirect({ strip_query: true }),
      observe: redirectOf('/a?b=c'),
      given: [301, 'https://HOST:1/a'],
      leftOut: [301, 'https://HOST:1/a?b=c'],
    },
    {
      keys: ['response.status', 'response.body'],
      route: { to: undefined, response: { status: 418, body: 'A teapot.' } },
      observe: async (route) => {
        const { status, body, echo } = await answerTo()(route)
        return [status, body, echo]
      },
      given: [418, 'A teapot.', undefined],
    },
    {
      keys: ['response.body'],
      route: { to: undefined, response: { status: 200, body: 'Hello.' } },
      observe: async (route) => (await answerTo()(route)).body,
      given: 'Hello.',
      leftOut: '',
    },
    {
      keys: ['response.status'],
      title: 'nobody gets it whom the policy does not let in',
      route: {
        to: undefined,
        response: { status: 200, body: 'secret' },
        allow_public_unauthenticated_access: false,
        allowed_users: ['ada'],
      },
      observe: statusOf(),
      given: 401,
    },
  ],
}
