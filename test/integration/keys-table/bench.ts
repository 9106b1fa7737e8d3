import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyPorts } from '@postern/dev/ports.ts'
import { TurnedClock } from '../../support/authenticate-under-test.ts'
import { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { startIssuer } from '../../support/token-issuer.ts'
import { startApplications } from './applications.ts'
import { People } from './people.ts'
import { RunningStack } from './running-stack.ts'
import type { Redises, Surroundings } from './row.ts'
import { toYaml, type Settings } from './settings.ts'

/** What the stacks of one test file share: the outside world. */
export interface Bench extends AsyncDisposable {
  readonly surroundings: Surroundings
  readonly idp: MisbehavingIdp
  readonly clock: TurnedClock
  readonly people: People
  /** Starts a stack for these settings, over those that every stack needs but for some. */
  start(settings: Settings, env?: Settings, without?: readonly string[]): Promise<RunningStack>
}

export type StartRedises = (folder: string) => Promise<Redises & AsyncDisposable>

export async function startBench(startRedises?: StartRedises): Promise<Bench> {
  await using starting = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const clock = new TurnedClock()
  const idp = starting.use(await MisbehavingIdp.start(clock, { userInfo: whoTheyAre }))
  idp.clients.set('its-own', 'its-secret')
  const apps = starting.use(await startApplications(folder))
  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const issuers = [starting.use(await startIssuer()), starting.use(await startIssuer())] as const
  const { proxy: port } = await anyPorts()
  const redis = startRedises && starting.use(await startRedises(folder))
  const surroundings = { ...(redis && { redis }), apps, issuers, issuer: idp.issuer, port, folder, file }
  const opened = starting.move()
  const bench: Bench = {
    surroundings,
    idp,
    clock,
    people: new People(idp),
    start: (settings, env = {}, without = []) => {
      const usual = Object.entries(baseSettings(idp)).filter(([key]) => !without.includes(key))
      return RunningStack.start(bench, toYaml({ ...Object.fromEntries(usual), ...settings }), env)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
  return bench
}

/** Enough for all services in one process, and no secret: they make random ones. */
function baseSettings(idp: MisbehavingIdp): Settings {
  return {
    address: '127.0.0.1:0',
    insecure_server: 'true',
    authenticate_service_url: 'https://auth.test',
    idp_provider: 'oidc',
    idp_provider_url: idp.issuer,
    idp_client_id: idp.clientId,
    idp_client_secret: idp.clientSecret,
  }
}

/** Everybody is an engineer of example.com but for Bob, who is of another company; Gina’s groups are elsewhere. */
function whoTheyAre(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (claims['sub'] === 'bob') return { sub: 'bob', email: 'bob@other.test' }
  return claims['sub'] === 'gina' ? { ...claims, realm: { roles: ['lead'] } } : { ...claims }
}
