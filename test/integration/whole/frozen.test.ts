import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { kill } from 'node:process'
import { ada } from '@postern/dev/idp/people.ts'
import { eventually } from '../../support/eventually.ts'
import { startSeparateServices, type SeparateServices } from '../../support/separate-services.ts'
import { Visitor } from '../../support/visitor.ts'
import type { WebAnswer } from '../../support/web-client.ts'

type Instance = Parameters<SeparateServices['process']>[0]

describe('a process that is frozen: it takes connections, and answers nothing', () => {
  let services: SeparateServices
  let visitor: Visitor
  before(async () => {
    services = await startSeparateServices()
    visitor = newVisitor()
    assert.equal((await visitor.open(services.helloUrl)).status, 200)
  })
  after(async () => {
    for (const name of ['authorize-1', 'authorize-2', 'authenticate'] as const)
      kill(services.process(name).pid, 'SIGCONT')
    await services[Symbol.asyncDispose]()
  })

  function newVisitor(): Visitor {
    const { issuer } = services.standIns.identityProvider
    return new Visitor(Number(new URL(services.helloUrl).port), issuer, ada.id)
  }

  async function whileFrozen(names: readonly Instance[], run: () => Promise<void>): Promise<void> {
    for (const name of names) kill(services.process(name).pid, 'SIGSTOP')
    try {
      await run()
    } finally {
      for (const name of names) kill(services.process(name).pid, 'SIGCONT')
    }
  }

  async function assertUnavailable(withinMs: number, ask: () => Promise<WebAnswer>): Promise<void> {
    const start = performance.now()
    const answer = await ask()
    const tookMs = performance.now() - start
    assert.equal(answer.status, 503, answer.body.slice(0, 500))
    assert.ok(answer.headers['retry-after'])
    assert.deepEqual(
      answer.cookies.filter((one) => one.startsWith('_pomerium=')),
      [],
      'who is signed in stays so',
    )
    assert.ok(tookMs < withinMs, `took ${String(tookMs)} ms`)
  }

  it('authenticate: who is signed in notices nothing; signing in is told to wait, in good time', async () => {
    const [begins, returns] = [newVisitor(), newVisitor()]
    const signIn = (await begins.here.get(services.helloUrl)).location
    const callback = await returns.open(services.helloUrl, ({ pathname }) => pathname === '/.pomerium/callback/')
    await whileFrozen(['authenticate'], async () => {
      for (let visit = 0; visit < 4; visit += 1) assert.equal((await visitor.open(services.helloUrl)).status, 200)
      await Promise.all([
        assertUnavailable(5_000, () => returns.here.get(callback.location)),
        assertUnavailable(12_000, () => begins.here.get(signIn)),
      ])
    })
    assert.equal((await begins.open(signIn.href)).status, 200, 'and then it works')
    await returns.open(services.helloUrl)
  })

  it('every authorize: 503 and never a pass, until one is there again', async () => {
    await whileFrozen(['authorize-1', 'authorize-2'], () =>
      assertUnavailable(6_500, () => visitor.here.get(services.helloUrl)),
    )
    await eventually(
      'access is checked again',
      5_000,
      async () => (await visitor.here.get(services.helloUrl)).status === 200,
    )
  })
})
