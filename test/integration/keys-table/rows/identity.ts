import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'
import type { Surroundings } from '../row.ts'

const signedIn = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

const headersFor =
  (as: string, ...names: readonly string[]) =>
  async (stack: RunningStack) => {
    const { echo } = await stack.ask('app.test', { as })
    return names.map((name) => echo?.headers[name]?.join(' | '))
  }

async function claimsInAssertion(stack: RunningStack): Promise<Readonly<Record<string, unknown>>> {
  const [assertion = ''] = await headersFor('ada', 'x-pomerium-jwt-assertion')(stack)
  return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<
    string,
    unknown
  >
}

export const identity: GlobalTheme = {
  title: 'who is there, told to the application',
  routes: () => [signedIn],
  rows: [
    {
      key: 'pass_identity_headers',
      file: 'true',
      env: 'TRUE',
      observe: async (stack) => (await claimsInAssertion(stack))['sub'],
      given: 'ada',
      leftOut: undefined,
    },
    {
      key: 'jwt_issuer_format',
      file: 'uri',
      env: 'URI',
      beside: { pass_identity_headers: 'true' },
      observe: async (stack) => (await claimsInAssertion(stack))['iss'],
      given: 'https://app.test/',
      leftOut: 'app.test',
    },
    {
      key: 'jwt_claims_headers',
      title: 'a mapping',
      file: '{X-Email: email, X-Nothing: nothing}',
      env: '{"X-Email":"email","X-Nothing":"nothing"}',
      beside: { pass_identity_headers: 'true' },
      observe: headersFor('ada', 'x-email', 'x-nothing'),
      given: ['ada@example.com', ''],
      leftOut: [undefined, undefined],
    },
    {
      key: 'jwt_claims_headers',
      title: 'a list',
      file: '[email, groups]',
      env: 'email groups',
      beside: { pass_identity_headers: 'true' },
      observe: headersFor('ada', 'x-pomerium-claim-email', 'x-pomerium-claim-groups'),
      given: ['ada@example.com', 'engineering'],
      leftOut: [undefined, undefined],
    },
    {
      key: 'jwt_claims_headers',
      title: 'what a client says under such a name is not believed',
      file: '{X-Email: email}',
      env: 'X-Email:email',
      observe: async (stack) => {
        const { echo } = await stack.ask('app.test', { as: 'ada', headers: { 'x-email': 'forged' } })
        return echo?.headers['x-email']
      },
      given: undefined,
      leftOut: ['forged'],
      alone: true,
    },
  ],
}

const tokensOf =
  (...issuers: readonly (0 | 1)[]) =>
  ({ issuers: at }: Surroundings): string => {
    const named = issuers.map((index) => [
      `ci-${String(index)}`,
      { issuer: at[index].url, jwks_url: at[index].jwksUrl.href, audiences: ['postern'] },
    ])
    return JSON.stringify(Object.fromEntries(named))
  }

/** What the tokens of both issuers get. */
const tokens = (host: string) => async (stack: RunningStack) => {
  const statuses: unknown[] = []
  for (const issuer of stack.bench.surroundings.issuers) {
    const headers = { authorization: `Bearer ${issuer.token({ aud: 'postern' })}` }
    const { status, echo } = await stack.ask(host, { headers })
    statuses.push(echo === undefined ? status : [status, 'authorization' in echo.headers])
  }
  return statuses
}

const accepted = [200, false]

export const bearer: GlobalTheme = {
  title: 'bearer tokens',
  settings: (at) => ({ identity_providers: tokensOf(0, 1)(at) }),
  routes: () => [signedIn, { ...signedIn, from: 'https://always.test', bearer_token_format: 'jwt' }],
  rows: [
    {
      key: 'bearer_token_format',
      file: 'jwt',
      env: 'JWT',
      observe: tokens('app.test'),
      given: [accepted, accepted],
      leftOut: [401, 401],
    },
    {
      key: 'identity_providers',
      title: 'a token of one that is listed, and of one that is not',
      file: tokensOf(0),
      observe: tokens('always.test'),
      given: [accepted, 401],
      leftOut: [accepted, accepted],
      alone: true,
    },
  ],
}
