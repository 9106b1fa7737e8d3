import { answerTo, headersOf, headersSeen, seen, wants } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

const assertion = 'x-pomerium-jwt-assertion'
const signedIn = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

/** What the assertion says; nothing without one. */
const claimsInAssertion = (as: string) => async (route: RouteUnderTest) => {
  const values = await seen({ as }, ({ headers }) => headers[assertion])(route)
  const [, claims = ''] = typeof values === 'object' ? (values[0] ?? '').split('.') : []
  return JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}') as Readonly<Record<string, unknown>>
}

const frame = 'x-frame-options'
const usualFrame = 'SAMEORIGIN'

export const headers: RouteTheme = {
  title: 'headers',
  rows: [
    {
      keys: ['pass_identity_headers'],
      route: { pass_identity_headers: true, ...signedIn },
      observe: async (route) => (await claimsInAssertion('ada')(route))['sub'],
      given: 'ada',
      leftOut: undefined,
    },
    {
      keys: ['jwt_issuer_format'],
      route: { jwt_issuer_format: 'uri', pass_identity_headers: true, ...signedIn },
      observe: async (route) => String((await claimsInAssertion('ada')(route))['iss']).replace(route.host, 'HOST'),
      given: 'https://HOST/',
      leftOut: 'HOST',
    },
    {
      keys: ['set_request_headers'],
      title: 'in place of what the client says',
      route: { set_request_headers: { 'X-Team': 'red' } },
      observe: headersSeen({ headers: { 'x-team': 'blue' } }, 'x-team'),
      given: ['red'],
      leftOut: ['blue'],
    },
    {
      keys: ['set_request_headers'],
      title: 'templates, expanded once',
      route: {
        set_request_headers: {
          'X-Copy': 'a${pomerium.request.headers["X-Name"]}b',
          'X-Price': '$$5',
          'X-Nothing': '[${pomerium.nonsense}]',
        },
      },
      observe: headersSeen({ headers: { 'x-name': '${pomerium.jwt}' } }, 'x-copy', 'x-price', 'x-nothing'),
      given: ['a${pomerium.jwt}b', '$5', '[]'],
      leftOut: [undefined, undefined, undefined],
    },
    {
      keys: ['set_request_headers'],
      title: 'the assertion, the ID token and the access token of the person',
      route: {
        set_request_headers: {
          'X-A': '${pomerium.jwt}',
          'X-B': '${pomerium.id_token}',
          'X-C': 'Bearer ${ pomerium.access_token }',
        },
        ...signedIn,
      },
      observe: async (route) => {
        const values = await headersSeen({ as: 'ada' }, 'x-a', 'x-b', 'x-c')(route)
        return (values as (string | undefined)[]).map((value) =>
          value?.replace(/^(Bearer )?.*$/, (_, b = '') => `${b}${kindOf(value)}`),
        )
      },
      given: ['JWT', 'JWT', 'Bearer TOKEN'],
      leftOut: [undefined, undefined, undefined],
    },
    {
      keys: ['remove_request_headers'],
      route: { remove_request_headers: ['X-Secret', 'user-agent'] },
      observe: headersSeen(
        { headers: { 'x-secret': '1', 'user-agent': 'me', 'x-other': '2' } },
        'x-secret',
        'user-agent',
        'x-other',
      ),
      given: [undefined, undefined, '2'],
      leftOut: ['1', 'me', '2'],
    },
    {
      keys: ['set_response_headers'],
      title: 'over the usual ones and over the application’s',
      route: { set_response_headers: { 'X-Frame-Options': 'DENY', 'X-App': 'postern' } },
      observe: headersOf(
        { headers: wants({ headers: { 'x-app': 'theirs' } }) },
        frame,
        'x-app',
        'strict-transport-security',
      ),
      given: ['DENY', 'postern', 'max-age=31536000; includeSubDomains; preload'],
      leftOut: [usualFrame, 'theirs', 'max-age=31536000; includeSubDomains; preload'],
    },
    {
      keys: ['set_response_headers'],
      title: 'disable turns all off',
      route: { set_response_headers: { disable: 'true' } },
      observe: headersOf({ headers: wants({ headers: { [frame]: 'THEIRS' } }) }, frame, 'x-xss-protection'),
      given: ['THEIRS', undefined],
      leftOut: [usualFrame, '1; mode=block'],
    },
    {
      keys: ['rewrite_response_headers'],
      route: ({ apps }) => ({
        rewrite_response_headers: [{ header: 'Location', prefix: `${apps.one}/`, value: 'https://public.test/' }],
      }),
      observe: async (route) => {
        const { one } = route.stack.bench.surroundings.apps
        const reply = wants({ status: 302, headers: { location: `${one}/next` } })
        return (await answerTo({ headers: reply })(route)).headers.location?.replace(one, 'APPLICATION')
      },
      given: 'https://public.test/next',
      leftOut: 'APPLICATION/next',
    },
  ],
}

function kindOf(value: string): string {
  return /ey[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? 'JWT' : /[0-9a-f]{32}$/.test(value) ? 'TOKEN' : value
}
