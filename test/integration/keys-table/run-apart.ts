import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { anyPorts } from '@postern/dev/ports.ts'
import type { ServiceName } from '@postern/shared/config/model.ts'
import type { Bench } from './bench.ts'
import { besideOf, textOf } from './run-globals.ts'
import type { GlobalRow, Surroundings } from './row.ts'
import { RunningStack } from './running-stack.ts'
import { toYaml, variableOf, type Settings } from './settings.ts'

const names = ['proxy', 'authorize', 'authenticate'] as const

const secrets = {
  shared_secret: randomBytes(32).toString('base64'),
  cookie_secret: randomBytes(32).toString('base64'),
}

export type ApartSettings = Readonly<Record<ServiceName, Settings>>

/** Where the services of these tests are: sockets, but for the public listener. */
export function socketsOf({ folder }: Surroundings) {
  const socket = (name: string): string => `unix://${folder}/${name}.sock`
  return { authorize: socket('authorize'), authenticate: socket('authenticate'), signIn: socket('sign-in') }
}

/** What each service needs to find the others; `authorize_service_url` is left to the rows. */
function usualSettings(at: Surroundings, { idp }: Bench): ApartSettings {
  const sockets = socketsOf(at)
  const route = { from: 'https://app.test', to: at.apps.one, allow_any_authenticated_user: true }
  const open = {
    ...route,
    from: 'https://open.test',
    allow_any_authenticated_user: undefined,
    allow_public_unauthenticated_access: true,
  }
  const common = {
    insecure_server: 'true',
    authenticate_service_url: 'https://auth.test',
    authenticate_grpc_service_url: sockets.authenticate,
    // Never asked: the store is in memory.
    redis_url: 'redis://127.0.0.1:1',
    ...secrets,
    routes: JSON.stringify([route, open]),
  }
  return {
    proxy: { ...common, address: '127.0.0.1:0', authenticate_internal_service_url: sockets.signIn },
    authorize: { ...common, grpc_address: sockets.authorize },
    authenticate: {
      ...common,
      address: sockets.signIn,
      grpc_address: sockets.authenticate,
      idp_provider: 'oidc',
      idp_provider_url: at.issuer,
      idp_client_id: idp.clientId,
      idp_client_secret: idp.clientSecret,
    },
  }
}

/** Every row in services that run apart: in their files, in their environments, and left out. */
export function runApart(rows: readonly GlobalRow[], bench: () => Bench): void {
  for (const row of rows) {
    const title = `${row.key}${row.title === undefined ? '' : `: ${row.title}`}`
    it(`${title}, in the file`, async () => {
      await look(row, bench(), (at) => ({ file: { [row.key]: textOf(row.file, at) } }), row.given)
    })
    it(`${title}, in the environment`, async () => {
      await look(row, bench(), (at) => ({ env: { [variableOf(row.key)]: textOf(row.env ?? row.file, at) } }), row.given)
    })
    if ('leftOut' in row) it(`${title}, left out`, () => look(row, bench(), () => ({}), row.leftOut))
  }
}

async function look(
  row: GlobalRow,
  shared: Bench,
  form: (at: Surroundings) => { readonly file?: Settings; readonly env?: Settings },
  expected: unknown,
): Promise<void> {
  const { proxy: port } = await anyPorts()
  const at = { ...shared.surroundings, port, folder: mkdtempSync(join(shared.surroundings.folder, 's')) }
  const bench: Bench = { ...shared, surroundings: at }
  const { file = {}, env = {} } = form(at)
  const usual = usualSettings(at, bench)
  const written = (service: ServiceName) => {
    const isGiven = row.only === undefined || row.only === service
    const settings = { ...usual[service], ...settingsFor(service, besideOf(row, at)), ...(isGiven && file) }
    return { content: toYaml(settings), env: isGiven ? env : {} }
  }
  const contents = Object.fromEntries(names.map((name) => [name, written(name)])) as Record<
    ServiceName,
    ReturnType<typeof written>
  >
  await using stack = await RunningStack.startApart(bench, contents)
  assert.deepEqual(await row.observe(stack), expected)
}

/** Those of all services, and those of this one. */
function settingsFor(service: ServiceName, settings: Settings): Settings {
  const own = Object.entries(settings).filter(([key]) => !key.includes('/') || key.startsWith(`${service}/`))
  return Object.fromEntries(own.map(([key, value]) => [key.replace(`${service}/`, ''), value]))
}
