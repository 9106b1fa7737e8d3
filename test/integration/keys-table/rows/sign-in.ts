import { WebClient } from '../../../support/web-client.ts'
import { visit } from '../../../support/whole-stack.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'

const signedIn = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

export function newBrowser({ addresses: { http } }: RunningStack): WebClient {
  return new WebClient(http?.kind === 'tcp' ? http.port : 0)
}

/** Where a stranger is sent, and from there to the provider. */
export async function wayToProvider(
  stack: RunningStack,
  browser = newBrowser(stack),
): Promise<{ link: URL; atProvider: URL }> {
  const { location: link } = await browser.get('https://app.test/')
  const { location: atProvider } = await browser.get(link)
  return { link, atProvider }
}

/** A parameter of the authorization request. */
const asked =
  (...names: readonly string[]) =>
  async (stack: RunningStack) => {
    const { atProvider } = await wayToProvider(stack)
    return names.map((name) => atProvider.searchParams.get(name))
  }

/** What somebody gets who opens the application and signs in. */
export async function statusAfterSignIn(stack: RunningStack): Promise<number> {
  const { idp } = stack.bench
  idp.subject = 'ada'
  return (await visit(newBrowser(stack), 'https://app.test/', idp)).status
}

/** A name and the attributes of the route's session cookie, of those that are asked for. */
const sessionCookie =
  (...wanted: readonly string[]) =>
  async (stack: RunningStack) => {
    const browser = newBrowser(stack)
    stack.bench.idp.subject = 'ada'
    const { atProvider } = await wayToProvider(stack, browser)
    const { location } = await browser.get(stack.bench.idp.approve(atProvider))
    const { cookies } = await browser.get(location)
    const [pair = '', ...attributes] = cookies.find((cookie) => /=ey/.test(cookie))?.split('; ') ?? []
    const [name = ''] = pair.split('=')
    return [name, ...attributes.filter((attribute) => wanted.some((one) => attribute.startsWith(one)))]
  }

export const signIn: GlobalTheme = {
  title: 'signing in',
  routes: () => [
    signedIn,
    {
      ...signedIn,
      from: 'https://groups.test',
      allow_any_authenticated_user: undefined,
      policy: [{ allow: { or: [{ groups: 'lead' }] } }],
    },
  ],
  rows: [
    {
      key: 'authenticate_service_url',
      file: 'https://login.test',
      observe: async (stack) => (await wayToProvider(stack)).link.host,
      given: 'login.test',
      alone: true,
    },
    {
      key: 'idp_provider',
      file: 'google',
      env: 'Google',
      observe: asked('access_type', 'prompt', 'scope'),
      given: ['offline', 'select_account consent', 'openid profile email'],
      alone: true,
    },
    {
      key: 'idp_provider_url',
      file: ({ issuers: [other] }) => other.url,
      observe: async (stack) => {
        await wayToProvider(stack)
        return stack.bench.surroundings.issuers[0].asked.includes('/.well-known/openid-configuration')
      },
      given: true,
      alone: true,
    },
    {
      key: 'idp_client_id',
      file: 'its-own',
      beside: { idp_client_secret: 'its-secret' },
      observe: asked('client_id'),
      given: ['its-own'],
    },
    {
      key: 'idp_client_secret',
      title: 'the right one',
      file: 'the client secret',
      observe: statusAfterSignIn,
      given: 200,
      alone: true,
    },
    {
      key: 'idp_client_secret',
      title: 'a wrong one',
      file: 'not-it',
      observe: statusAfterSignIn,
      given: 502,
      alone: true,
    },
    {
      key: 'idp_scopes',
      file: '[openid, groups]',
      env: 'openid,groups',
      observe: asked('scope'),
      given: ['openid groups'],
      leftOut: ['openid profile email offline_access'],
      alone: true,
    },
    {
      key: 'idp_request_params',
      file: '{hd: example.com, acr: high}',
      env: '{"hd":"example.com","acr":"high"}',
      observe: asked('hd', 'acr'),
      given: ['example.com', 'high'],
      leftOut: [null, null],
    },
    {
      key: 'idp_request_params',
      title: 'as pairs',
      file: '{hd: example.com}',
      env: 'hd:example.com',
      observe: asked('hd'),
      given: ['example.com'],
      leftOut: [null],
    },
    {
      key: 'idp_groups_claim',
      file: 'realm.roles',
      observe: async (stack) => (await stack.ask('groups.test', { as: 'gina' })).status,
      given: 200,
      leftOut: 403,
    },
  ],
}

export const cookies: GlobalTheme = {
  title: 'cookies',
  routes: () => [signedIn],
  rows: [
    { key: 'cookie_name', file: '_mine', observe: sessionCookie(), given: ['_mine'], leftOut: ['_pomerium'] },
    {
      key: 'cookie_expire',
      file: '2h30m',
      env: '150m',
      title: 'minutes, of which the sign-in took a little',
      observe: async (stack) => {
        const [, maxAge = ''] = await sessionCookie('Max-Age')(stack)
        return Math.ceil(Number(maxAge.replace('Max-Age=', '')) / 60)
      },
      given: 150,
      leftOut: 840,
    },
    {
      key: 'cookie_http_only',
      file: 'false',
      env: '0',
      observe: async (stack) => (await sessionCookie('HttpOnly')(stack))[1],
      given: undefined,
      leftOut: 'HttpOnly',
    },
    {
      key: 'cookie_same_site',
      file: 'strict',
      env: 'STRICT',
      observe: async (stack) => (await sessionCookie('SameSite')(stack))[1],
      given: 'SameSite=Strict',
      leftOut: 'SameSite=Lax',
    },
    {
      key: 'cookie_same_site',
      file: 'none',
      observe: async (stack) => (await sessionCookie('SameSite')(stack))[1],
      given: 'SameSite=None',
      leftOut: 'SameSite=Lax',
    },
  ],
}

const login = 'https://app.test/.pomerium/api/v1/login?pomerium_redirect_uri='

export const programsAndSignOut: GlobalTheme = {
  title: 'programs and signing out',
  routes: () => [signedIn],
  rows: [
    {
      key: 'programmatic_redirect_domain_whitelist',
      file: '[tools.example.com]',
      env: 'localhost.example,tools.example.com',
      observe: async (stack) => (await newBrowser(stack).get(`${login}https://tools.example.com/cb`)).status,
      given: 200,
      leftOut: 400,
    },
    {
      key: 'programmatic_redirect_domain_whitelist',
      title: 'localhost only where it is listed, or nothing is',
      file: 'tools.example.com',
      observe: async (stack) => (await newBrowser(stack).get(`${login}http://localhost:1/cb`)).status,
      given: 400,
      leftOut: 200,
    },
    {
      key: 'signout_redirect_url',
      file: 'https://example.com/bye',
      observe: async (stack) => {
        const browser = stack.bench.people.browser(stack, 'sam')
        await stack.ask('app.test', { as: 'sam' })
        const { location } = await browser.post('https://auth.test/.pomerium/sign_out', {})
        return location.searchParams.get('post_logout_redirect_uri') ?? location.href
      },
      given: 'https://example.com/bye',
      leftOut: 'https://auth.test/.pomerium/signed_out',
    },
  ],
}
