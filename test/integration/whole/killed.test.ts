import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it } from 'node:test'
import { anyPorts } from '@postern/dev/ports.ts'
import { Redis } from 'ioredis'
import { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startServiceProcess } from '../../support/service-process.ts'
import { WebClient, type WebAnswer } from '../../support/web-client.ts'
import { visit } from '../../support/whole-stack.ts'

/** People who sign in, come back to a session that is due, and sign out while the process is killed. */
const peoplePerRound = 12
const budgetMs = 12_000
/** Also on a machine that is too busy for more. */
const minRounds = 6
const maxRounds = 25
const app = 'https://app.test/'

interface Person {
  readonly browser: WebClient
  /** What they began when the process was killed. */
  doing: 'sign-in' | 'refresh' | 'sign-out'
  /** The answer, if there was one. */
  answer: WebAnswer | undefined
}

it('kill -9 at any moment of sign-in, refresh and sign-out leaves nobody stuck, and nothing behind (REL-P5)', async () => {
  await using opened = new AsyncDisposableStack()
  const idp = opened.use(await MisbehavingIdp.start({ now: () => new Date() }))
  idp.expiresInSeconds = 1 // so that a session is due as soon as anybody comes back to it
  const redis = opened.use(await startRedis())
  const raw = opened.adopt(new Redis(redis.port), (connection) => connection.disconnect())
  const { configFile, port } = await writeConfiguration(opened, idp, redis.url())
  const people: Person[] = Array.from({ length: peoplePerRound }, () => ({
    browser: new WebClient(port),
    doing: 'sign-in',
    answer: undefined,
  }))
  const begun = performance.now()
  const interrupted: string[] = []
  let rounds = 0
  for (; rounds < minRounds || (rounds < maxRounds && performance.now() - begun < budgetMs); rounds += 1) {
    await using process = await startServiceProcess('run', configFile, {})
    if (rounds > 0) for (const person of people) await afterTheKill(person, idp)
    await checkStore(raw)
    people.forEach((person, index) => begin(person, index + rounds, idp))
    await sleep(randomInt(60))
    await process.kill()
    await settled(people)
    for (const { doing, answer } of people) if (!answer) interrupted.push(doing)
  }
  for (const doing of ['sign-in', 'refresh', 'sign-out']) assert.ok(interrupted.includes(doing), `no ${doing} was hit`)
  await using last = await startServiceProcess('run', configFile, {})
  for (const person of people) await afterTheKill(person, idp)
  await checkStore(raw)
  assert.equal(await last.stop(), 0)
})

const running = new Map<Person, Promise<unknown>>()

/** Begins something, and does not wait for it. */
function begin(person: Person, turn: number, idp: MisbehavingIdp): void {
  const { browser } = person
  person.doing = (['sign-in', 'refresh', 'sign-out'] as const)[turn % 3] ?? 'sign-in'
  person.answer = undefined
  const work = async (): Promise<void> => {
    await sleep(randomInt(20))
    if (person.doing === 'sign-in') browser.jar.clear()
    person.answer =
      person.doing === 'sign-out'
        ? await browser.post('https://auth.test/.pomerium/sign_out', {})
        : await visit(browser, app, idp)
  }
  running.set(
    person,
    work().catch(() => undefined),
  )
}

async function settled(people: readonly Person[]): Promise<void> {
  await Promise.all(people.map((person) => running.get(person) ?? Promise.resolve()))
}

/** Whatever had happened: the person is signed in, or signs in again, once. */
async function afterTheKill({ browser, doing, answer }: Person, idp: MisbehavingIdp): Promise<void> {
  if (doing === 'sign-out' && answer?.status === 303) {
    const again = await browser.get(app)
    assert.equal(again.status, 302, 'who was told that they are signed out is')
  }
  const after = await visit(browser, app, idp)
  assert.equal(after.status, 200, `after a kill during ${doing}: ${after.body.slice(0, 500)}`)
}

/** Every key ends by itself, no lock outlives its lease, and index and records agree. */
async function checkStore(raw: Redis): Promise<void> {
  const keys = await raw.keys('postern:*')
  for (const key of keys) {
    const ttl = await raw.pttl(key)
    assert.notEqual(ttl, -1, `${key} never ends`)
    if (key.startsWith('postern:lock:refresh:')) assert.ok(ttl <= 10_000, `${key} is locked for ${String(ttl)} ms`)
  }
  const records = keys.filter((key) => key.startsWith('postern:session:'))
  const indexes = keys.filter((key) => key.startsWith('postern:user:') || key.startsWith('postern:sid:'))
  const indexed = new Set((await Promise.all(indexes.map((key) => raw.zrange(key, '0', '-1')))).flat())
  const handles = new Set(records.map((key) => key.slice('postern:session:'.length)))
  assert.deepEqual([...handles].toSorted(), [...indexed].toSorted(), 'every session is indexed, and nothing else')
}

async function writeConfiguration(
  opened: AsyncDisposableStack,
  idp: MisbehavingIdp,
  redisUrl: string,
): Promise<{ configFile: string; port: number }> {
  const upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  opened.defer(() => {
    upstream.closeAllConnections()
    upstream.close()
  })
  const folder = await mkdtemp(join(tmpdir(), 'postern-killed-'))
  opened.defer(() => rm(folder, { recursive: true }))
  const { proxy: port } = await anyPorts()
  const configFile = join(folder, 'config.yaml')
  await writeFile(
    configFile,
    `
address: 127.0.0.1:${String(port)}
insecure_server: true
authenticate_service_url: https://auth.test
shared_secret: ${randomBytes(32).toString('base64')}
cookie_secret: ${randomBytes(32).toString('base64')}
redis_url: ${redisUrl}
idp_provider: oidc
idp_provider_url: ${idp.issuer}
idp_client_id: ${idp.clientId}
idp_client_secret: ${idp.clientSecret}
routes:
  - from: https://app.test
    to: http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}
    allow_any_authenticated_user: true
`,
  )
  return { configFile, port }
}
