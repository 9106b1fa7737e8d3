import { answerTo, seen, statusOf } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

const closed = { allow_public_unauthenticated_access: undefined }

/** What nobody, Ada, Bob (of another domain, without groups) and Cora get. */
const statusesOfPeople = async (route: RouteUnderTest): Promise<number[]> => [
  await statusOf()(route),
  await statusOf({ as: 'ada' })(route),
  await statusOf({ as: 'bob' })(route),
  await statusOf({ as: 'cora' })(route),
]
const nobody = [403, 403, 403, 403]

/** The id of the client that the provider hears of, and whether the person is let in then. */
async function clientOf(route: RouteUnderTest): Promise<unknown> {
  const browser = route.stack.bench.people.browser(route.stack, `stranger at ${route.host}`)
  const { location } = await browser.get(`https://${route.host}/`)
  const atProvider = (await browser.get(location)).location
  return [atProvider.searchParams.get('client_id'), await statusOf({ as: `somebody at ${route.host}` })(route)]
}

export const access: RouteTheme = {
  title: 'who may',
  rows: [
    {
      keys: ['policy'],
      route: { ...closed, policy: [{ allow: { or: [{ email: { is: 'ADA@example.com' } }] } }] },
      observe: statusesOfPeople,
      given: [401, 200, 403, 403],
      leftOut: nobody,
    },
    {
      keys: ['policy'],
      title: 'what it denies nobody else allows',
      route: {
        ...closed,
        allowed_domains: ['example.com'],
        policy: [{ deny: { or: [{ user: 'cora' }] } }],
      },
      observe: statusesOfPeople,
      given: [401, 200, 403, 403],
      leftOut: [401, 200, 403, 200],
    },
    {
      keys: ['allow_public_unauthenticated_access'],
      route: { allow_public_unauthenticated_access: true },
      observe: async (route) => (await statusesOfPeople(route))[0],
      given: 200,
      leftOut: 200,
    },
    {
      keys: ['allow_any_authenticated_user'],
      route: { ...closed, allow_any_authenticated_user: true },
      observe: statusesOfPeople,
      given: [401, 200, 200, 200],
      leftOut: nobody,
    },
    {
      keys: ['allowed_users'],
      title: 'by id or e-mail address',
      route: { ...closed, allowed_users: ['ada', 'Bob@other.test'] },
      observe: statusesOfPeople,
      given: [401, 200, 200, 403],
      leftOut: nobody,
    },
    {
      keys: ['allowed_domains'],
      route: { ...closed, allowed_domains: ['Example.com'] },
      observe: statusesOfPeople,
      given: [401, 200, 403, 200],
      leftOut: nobody,
    },
    {
      keys: ['allowed_idp_claims'],
      route: { ...closed, allowed_idp_claims: { groups: ['engineering', 'sales'] } },
      observe: statusesOfPeople,
      given: [401, 200, 403, 200],
      leftOut: nobody,
    },
    {
      keys: ['allowed_idp_claims', 'allowed_users'],
      title: 'several lists widen',
      route: { ...closed, allowed_idp_claims: { groups: 'engineering' }, allowed_users: 'bob' },
      observe: statusesOfPeople,
      given: [401, 200, 200, 200],
      leftOut: nobody,
    },
    {
      keys: ['cors_allow_preflight'],
      route: { ...closed, allowed_users: 'ada', cors_allow_preflight: true },
      observe: seen(
        { method: 'OPTIONS', headers: { origin: 'https://a.test', 'access-control-request-method': 'PUT' } },
        ({ method }) => method,
      ),
      given: 'OPTIONS',
      leftOut: 401,
    },
    {
      keys: ['show_error_details'],
      route: { ...closed, policy: [{ allow: { or: [{ email: 'somebody@example.com' }] } }], show_error_details: true },
      observe: async (route) => {
        const { status, body } = await answerTo({ as: 'ada', page: true })(route)
        return [status, body.includes('somebody@example.com')]
      },
      given: [403, true],
      leftOut: [403, false],
    },
    {
      keys: ['idp_client_id', 'idp_client_secret'],
      route: {
        ...closed,
        allow_any_authenticated_user: true,
        idp_client_id: 'its-own',
        idp_client_secret: 'its-secret',
      },
      observe: clientOf,
      given: ['its-own', 200],
      leftOut: ['postern', 200],
    },
    {
      keys: ['depends_on'],
      title: 'who signs in here is signed in there',
      route: { ...closed, allow_any_authenticated_user: true, depends_on: ['https://api.depends.test'] },
      observe: async (route) => {
        const person = `dora at ${route.host}`
        await statusOf({ as: person })(route)
        const browser = route.stack.bench.people.browser(route.stack, person)
        const cookie = browser.cookiesFor(new URL('https://api.depends.test/'))
        return (await route.stack.ask('api.depends.test', { headers: { cookie } })).status
      },
      given: 200,
      leftOut: 401,
    },
    {
      keys: ['from'],
      title: 'the host that the row above depends on',
      route: { from: 'https://api.depends.test', ...closed, allow_any_authenticated_user: true },
      observe: async ({ stack }) => (await stack.ask('api.depends.test')).status,
      given: 401,
    },
  ],
}
