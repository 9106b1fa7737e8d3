import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seen, statusOf } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RouteTheme } from '../run-routes.ts'
import type { RunningStack } from '../running-stack.ts'

const audience = 'https://hello-abc-uc.a.run.app'
const serverless = {
  enable_google_cloud_serverless_authentication: true,
  google_cloud_serverless_authentication_audience: audience,
}

/** For whom the tokens in these headers are; other values as they are. */
const audiences =
  (headers: Readonly<Record<string, string>> = {}) =>
  async (route: RouteUnderTest) => {
    const values = await seen({ headers }, ({ headers: got }) => [
      got['x-serverless-authorization'],
      got['authorization'],
    ])(route)
    if (typeof values === 'number') return values
    return values.map((value) => value?.map((one) => audienceOf(one)).join())
  }

function audienceOf(header: string): unknown {
  const [, payload] = header.split('.')
  if (payload === undefined) return header
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud: unknown }).aud
}

/** With a metadata server that gives tokens. */
export const serverlessRoutes: RouteTheme = {
  title: 'Google’s tokens for private services',
  rows: [
    {
      keys: ['enable_google_cloud_serverless_authentication', 'google_cloud_serverless_authentication_audience'],
      title: 'beside the caller’s own Authorization, in place of a forged one',
      route: serverless,
      observe: audiences({ authorization: 'Basic mine', 'x-serverless-authorization': 'Bearer forged' }),
      given: [audience, 'Basic mine'],
      leftOut: [undefined, 'Basic mine'],
    },
    {
      keys: ['google_cloud_serverless_authentication_audience'],
      title: 'whatever the service lists',
      route: { ...serverless, google_cloud_serverless_authentication_audience: 'api://mine' },
      observe: audiences(),
      given: ['api://mine', undefined],
    },
    {
      keys: ['google_cloud_serverless_authentication_header'],
      route: { ...serverless, google_cloud_serverless_authentication_header: 'authorization' },
      observe: audiences({ authorization: 'Basic mine' }),
      given: [undefined, audience],
      leftOut: [audience, 'Basic mine'],
    },
    {
      keys: ['google_cloud_serverless_authentication_header'],
      route: { ...serverless, google_cloud_serverless_authentication_header: 'both' },
      observe: audiences({ authorization: 'Basic mine' }),
      given: [audience, audience],
      leftOut: [audience, 'Basic mine'],
    },
    {
      keys: ['enable_google_cloud_serverless_authentication'],
      title: 'nothing is asked for whom the policy does not let in',
      route: { ...serverless, allow_public_unauthenticated_access: false, allowed_users: ['ada'] },
      observe: statusOf(),
      given: 401,
    },
  ],
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const serviceAccount = JSON.stringify({
  type: 'service_account',
  client_email: 'key@example-project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
})

/** Whom the HTTP proxy of this process was asked to connect to. */
const connects: string[] = []

/** Everything that is far away is behind a proxy, which connects to nobody. */
export async function startConnectProxy(): Promise<AsyncDisposable> {
  const proxy = createServer().on('connect', (request, socket) => {
    connects.push(request.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  process.env['HTTPS_PROXY'] = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`
  process.env['NO_PROXY'] = '127.0.0.1'
  return {
    [Symbol.asyncDispose]: async () => {
      delete process.env['HTTPS_PROXY']
      delete process.env['NO_PROXY']
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

/** What the application gets, and who was asked for a token since the last look. */
async function whoIsAsked(stack: RunningStack): Promise<unknown> {
  const { status } = await stack.ask('app.test')
  return [status, ...new Set(connects.splice(0))]
}

export const googleCredential: GlobalTheme = {
  title: 'Google’s credential',
  routes: () => [serverless],
  rows: [
    {
      key: 'google_cloud_serverless_authentication_service_account',
      title: 'Google is asked for a token for the key, not the metadata server',
      file: `'${serviceAccount}'`,
      env: Buffer.from(serviceAccount).toString('base64'),
      observe: whoIsAsked,
      given: [502, 'oauth2.googleapis.com:443'],
      leftOut: [200],
    },
  ],
}
