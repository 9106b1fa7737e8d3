import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

const closed = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

/** What the tokens of both issuers get, and whether the application sees them. */
async function tokens({ stack, host }: RouteUnderTest): Promise<unknown> {
  const outcomes: unknown[] = []
  for (const issuer of stack.bench.surroundings.issuers) {
    const headers = { authorization: `Bearer ${issuer.token({ aud: 'postern' })}` }
    const { status, echo } = await stack.ask(host, { headers })
    outcomes.push(
      echo === undefined ? status : `${String(status)}, ${'authorization' in echo.headers ? 'seen' : 'unseen'}`,
    )
  }
  return outcomes
}

/** On one route. */
export const bearerRoutes: RouteTheme = {
  title: 'bearer tokens',
  settings: ({ issuers }) => ({
    identity_providers: JSON.stringify(
      Object.fromEntries(
        issuers.map((issuer, index) => [
          `ci-${String(index)}`,
          { issuer: issuer.url, jwks_url: issuer.jwksUrl.href, audiences: ['postern'] },
        ]),
      ),
    ),
  }),
  rows: [
    {
      keys: ['bearer_token_format'],
      route: { ...closed, bearer_token_format: 'jwt' },
      observe: tokens,
      given: ['200, unseen', '200, unseen'],
      leftOut: [401, 401],
    },
    {
      keys: ['bearer_token_format'],
      title: 'default: it is the application’s',
      route: { bearer_token_format: 'default' },
      observe: tokens,
      given: ['200, seen', '200, seen'],
      leftOut: ['200, seen', '200, seen'],
    },
    {
      keys: ['identity_providers'],
      route: { ...closed, bearer_token_format: 'jwt', identity_providers: ['ci-1'] },
      observe: tokens,
      given: [401, '200, unseen'],
      leftOut: ['200, unseen', '200, unseen'],
    },
  ],
}
