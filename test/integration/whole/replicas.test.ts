import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthenticate } from '@postern/authenticate/service.ts'
import { startAuthorize } from '@postern/authorize/service.ts'
import { startProxy } from '@postern/proxy/service.ts'
import type { CommonConfig } from '@postern/shared/config/model.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import { TurnedClock } from '../../support/authenticate-under-test.ts'
import { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { recordingLog, type LogLine } from '../../support/recording-log.ts'
import { startRedis } from '../../support/redis-server.ts'
import { WebClient } from '../../support/web-client.ts'
import { loadForTest, startApplication, visit, type Seen } from '../../support/whole-stack.ts'

const routes = `
- from: https://app.test
  to: UPSTREAM
  allow_any_authenticated_user: true
  set_request_headers: {x-access-token: '\${pomerium.access_token}'}
`

describe('four authorizes and two authenticates on one Redis', () => {
  const opened = new AsyncDisposableStack()
  const clock = new TurnedClock()
  const seen: Seen[] = []
  /** What each authorize wrote. */
  const decisions: LogLine[][] = []
  let idp: MisbehavingIdp
  let port: number
  before(async () => {
    idp = opened.use(await MisbehavingIdp.start(clock))
    const redis = opened.use(await startRedis())
    const folder = await mkdtemp(join(tmpdir(), 'postern-replicas-'))
    opened.defer(() => rm(folder, { recursive: true }))
    const settings = `redis_url: ${redis.url()}`
    const config = loadForTest({ routes, settings }, idp, await startApplication(opened, seen))
    const at = <C extends CommonConfig>(slice: C, name: string): C => ({
      ...slice,
      grpc: { ...slice.grpc, listen: { kind: 'unix', path: join(folder, name) }, security: { kind: 'insecure' } },
    })
    const target = (name: string): string => `unix:${join(folder, name)}`
    const deps = { log: recordingLog(), clock }
    const signIn = join(folder, 'http')
    const authenticates = ['n1', 'n2']
    for (const name of authenticates) {
      const listen = name === 'n1' ? ({ kind: 'unix', path: signIn } as const) : config.authenticate.listen
      opened.use(await startAuthenticate(fixed({ ...at(config.authenticate, name), listen }), deps))
    }
    const authorizes = ['z1', 'z2', 'z3', 'z4']
    const authenticateTargets = authenticates.map(target)
    for (const [index, name] of authorizes.entries()) {
      // Each begins with another one, so that the same session is asked for at both.
      const own = { authenticateTargets: index % 2 === 0 ? authenticateTargets : authenticateTargets.toReversed() }
      const log = recordingLog()
      decisions.push(log.lines)
      opened.use(await startAuthorize(fixed({ ...at(config.authorize, name), ...own }), { log, clock }))
    }
    const proxy = {
      ...at(config.proxy, 'p'),
      authorizeTargets: authorizes.map(target),
      authenticateTargets,
      authenticateInternalUrl: new URL(`unix://${signIn}`),
      healthListen: undefined,
    }
    const { http } = opened.use(await startProxy(fixed(proxy), deps)).addresses
    port = http?.kind === 'tcp' ? http.port : 0
  })
  after(() => opened.disposeAsync())

  it('refresh a session once for fifty requests at the same time, and all of them get the new token (REL-F1)', async () => {
    const browser = new WebClient(port)
    assert.equal((await visit(browser, 'https://app.test/', idp)).status, 200)
    for (let round = 1; round <= 3; round += 1) {
      const former = seen.at(-1)?.headers['x-access-token']
      const asked = idp.count('POST /token')
      clock.aheadMs += 3_601_000
      seen.length = 0
      const answers = await Promise.all(Array.from({ length: 50 }, () => browser.get('https://app.test/')))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      assert.equal(idp.count('POST /token') - asked, 1, 'one refresh')
      const tokens = new Set(seen.map(({ headers }) => headers['x-access-token']))
      assert.equal(tokens.size, 1, 'one token for all')
      assert.notEqual([...tokens][0], former)
    }
    assert.ok(
      decisions.every((lines) => lines.length > 10),
      'all of them decide',
    )
    assert.equal(idp.reusedRefreshTokens, 0)
  })

  it('end a session once, for fifty requests at the same time, when the IdP says so', async () => {
    const browser = new WebClient(port)
    await visit(browser, 'https://app.test/', idp)
    idp.forgetRefreshToken()
    const asked = idp.count('POST /token')
    clock.aheadMs += 3_601_000
    const answers = await Promise.all(Array.from({ length: 50 }, () => browser.get('https://app.test/')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [302])
    assert.equal(idp.count('POST /token') - asked, 1)
  })
})
