import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { runCommandLine } from '../../../cli/src/run-command-line.ts'
import { Secret } from '@postern/shared/secret.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'

const environment = {
  AUTHENTICATE_SERVICE_URL: 'https://authenticate.example.com',
  SHARED_SECRET: randomBytes(32).toString('base64'),
  COOKIE_SECRET: randomBytes(32).toString('base64'),
  IDP_PROVIDER: 'google',
  IDP_CLIENT_ID: 'me',
  IDP_CLIENT_SECRET: 'hush',
  INSECURE_SERVER: 'true',
}

async function postern(env: Record<string, string>, ...argv: string[]) {
  const output: string[] = []
  const errors: string[] = []
  const host = {
    print: (line: string) => void output.push(line),
    printError: (line: string) => void errors.push(line),
    onSignal: () => assert.fail('nothing was to start'),
    exit: () => assert.fail('the code is answered'),
    isTerminal: false,
  }
  const code = await runCommandLine({ argv: ['sessions', ...argv], env: { ...environment, ...env }, host })
  return { code, output: output.join('\n'), errors: errors.join('\n') }
}

describe('postern sessions', () => {
  let server: RedisServer
  before(async () => (server = await startRedis()))
  after(() => server[Symbol.asyncDispose]())

  it('asks the running store of the configuration', async () => {
    const times = { commandTimeoutMs: 1000, connectTimeoutMs: 1000 }
    const config = { url: new Secret(server.url()), caFile: undefined, keyPrefix: 'postern:', ...times }
    await using store = await RedisSessionStore.connect(config, { log: recordingLog() })
    const session = aSession(Date.now(), { sealedTokens: 'nobodys-business' })
    const other = aSession(Date.now(), { identity: { ...session.identity, userId: 'grace', email: undefined } })
    for (const one of [session, other]) await store.create(one)
    const env = { REDIS_URL: server.url() }

    const list = await postern(env, 'list', '--json')
    assert.equal(list.code, 0, list.errors)
    const { sessions } = JSON.parse(list.output) as { sessions: { session: string }[] }
    assert.deepEqual(new Set(sessions.map((one) => one.session)), new Set([session.handle, other.handle]))
    const show = await postern(env, 'show', 'ada@example.com')
    assert.match(show.output, new RegExp(`^Session +${session.handle}\n`))
    assert.doesNotMatch(list.output + show.output, /nobodys-business/)

    assert.equal((await postern(env, 'revoke', 'ada@example.com')).code, 0)
    assert.deepEqual(await store.find(session.handle), { kind: 'absent' })
    assert.equal((await store.find(other.handle)).kind, 'found')
    assert.match((await postern(env, 'revoke', '--all')).output, /^Ended 1 session\./)
    assert.equal((await postern(env, 'list')).output, 'Nobody is signed in.')
  })

  it('says why Redis does not answer', async () => {
    const gone = await startRedis()
    await gone[Symbol.asyncDispose]()
    const { code, output, errors } = await postern({ REDIS_URL: gone.url() }, 'list')
    assert.deepEqual([code, output], [1, ''])
    assert.match(errors, /^Redis does not answer: (not-connected|econnrefused)$/)
  })

  it('says that there is nothing to ask without Redis', async () => {
    const { code, errors } = await postern({}, 'list')
    assert.equal(code, 1)
    assert.match(errors, /^There is no store to ask: without redis_url/)
  })

  it('says what is wrong with the configuration', async () => {
    const { code, errors } = await postern({ REDIS_URL: 'http://x' }, 'list')
    assert.equal(code, 78)
    assert.match(errors, /redis_url: not a Redis URL/)
  })

  for (const [title, ...argv] of [
    ['nothing'],
    ['an unknown action', 'delete', 'ada'],
    ['show without a person', 'show'],
    ['revoke without a person', 'revoke'],
    ['revoke of a person and of all', 'revoke', 'ada', '--all'],
    ['all with show', 'show', 'ada', '--all'],
    ['a limit with show', 'show', 'ada', '--limit', '5'],
    ['a limit of none', 'list', '--limit', '0'],
    ['two people', 'show', 'ada', 'grace'],
  ] as const) {
    it(`is wrong usage: ${title}`, async () => assert.equal((await postern({}, ...argv)).code, 64))
  }
})
