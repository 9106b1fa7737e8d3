import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { openRaw } from '../../support/raw-redis.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const routes = `
- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, pass_identity_headers: true}
- {from: https://admin.test, to: UPSTREAM, allow_any_authenticated_user: true, pass_identity_headers: true}
- {from: https://ws.test, to: UPSTREAM, allow_any_authenticated_user: true, allow_websockets: true}
- {from: https://pub.test, to: UPSTREAM, allow_public_unauthenticated_access: true, pass_identity_headers: true}
`
const cookie = '_pomerium'

describe('the cookie of a route’s host', () => {
  const opened = new AsyncDisposableStack()
  let redis: RedisServer
  let raw: ReturnType<typeof openRaw>
  let stack: WholeStack
  before(async () => {
    redis = opened.use(await startRedis())
    raw = opened.use(openRaw(redis.port))
    stack = opened.use(await startWholeStack({ routes, store: redis }))
  })
  after(() => opened.disposeAsync())

  async function signedIn(subject: string): Promise<WebClient> {
    stack.idp.subject = subject
    const browser = stack.newBrowser()
    assert.equal((await stack.visit(browser, 'https://app.test/')).status, 200)
    return browser
  }

  const cookieOf = (browser: WebClient): string => browser.jar.get(`app.test / ${cookie}`) ?? ''
  const open = (url: string, value: string): Promise<WebAnswer> =>
    stack.newBrowser().get(url, { headers: { cookie: `${cookie}=${value}` } })

  function assertSignIn(answer: WebAnswer, host: string, what: string): void {
    assert.equal(answer.status, 302, what)
    assert.equal(answer.location.origin + answer.location.pathname, 'https://auth.test/.pomerium/sign_in', what)
    const [cleared = ''] = answer.cookies.filter((one) => one.startsWith(`${cookie}=`))
    assert.match(cleared, /^_pomerium=; .*Max-Age=0/, `${what} on ${host}: the cookie is cleared`)
  }

  /** How often Postern looked a session up in Redis meanwhile. That a use is written down now and then does not count. */
  async function lookUpsDuring(run: () => Promise<void>): Promise<number> {
    let count = 0
    const ended = Promise.withResolvers<undefined>()
    const monitor = await raw.monitor()
    monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
      if (command.toLowerCase() === 'get' && source !== 'lua') count += 1
      if (command.toLowerCase() === 'echo') ended.resolve(undefined)
    })
    await run()
    await raw.echo('the end')
    await ended.promise
    monitor.disconnect()
    return count
  }

  it('opens no other host (SES-02)', async () => {
    const value = cookieOf(await signedIn('ada'))
    assert.equal((await open('https://app.test/', value)).status, 200)
    for (const host of ['admin.test', 'ws.test'])
      assertSignIn(await open(`https://${host}/`, value), host, 'another host')
  })

  it('opens no WebSocket of another host (SES-02)', async () => {
    const value = cookieOf(await signedIn('ada'))
    const headers = { host: 'ws.test', cookie: `${cookie}=${value}` }
    const socket = new WebSocket(`ws://127.0.0.1:${String(stack.port)}/`, { headers })
    const status = await new Promise((resolve) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.once('open', () => resolve('open'))
      socket.once('error', () => undefined)
    })
    socket.terminate()
    assert.equal(status, 401)
  })

  it('makes nobody known on another host’s public route, and does not reach its application (SES-02)', async () => {
    const value = cookieOf(await signedIn('ada'))
    const answer = await open('https://pub.test/', value)
    assert.equal(answer.status, 200)
    assert.ok(!answer.body.includes(value))
    const headers = JSON.parse(answer.body) as Record<string, string>
    const [, claims = ''] = (headers['x-pomerium-jwt-assertion'] ?? '').split('.')
    const { sub, email } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
    assert.deepEqual([sub, email], ['', ''], 'the assertion is about nobody')
  })

  it('is as good as none when anything about it was changed: sign-in, cleared, and Redis is not asked (SES-04)', async () => {
    const [value, other] = [cookieOf(await signedIn('ada')), cookieOf(await signedIn('grace'))]
    const forgeries = forgeriesOf(value, other)
    assert.ok(forgeries.length > 150, String(forgeries.length))
    const lookUps = await lookUpsDuring(async () => {
      for (const [what, forged] of forgeries) assertSignIn(await open('https://app.test/', forged), 'app.test', what)
    })
    assert.equal(lookUps, 0)
    assert.equal((await open('https://app.test/', value)).status, 200, 'the unchanged one is good')
  })

  it('and so is that of the authenticate host (SES-04)', async () => {
    const [browser, other] = [await signedIn('ada'), await signedIn('grace')]
    const own = (one: WebClient): string => one.jar.get(`auth.test / ${cookie}_authenticate`) ?? ''
    const { location } = await stack.newBrowser().get('https://app.test/')
    const lookUps = await lookUpsDuring(async () => {
      for (const [what, forged] of forgeriesOf(own(browser), own(other))) {
        const headers = { cookie: `${cookie}_authenticate=${forged}` }
        const answer = await stack.newBrowser().get(location, { headers })
        assert.equal(answer.location.origin, stack.idp.issuer, what)
        assert.ok(
          answer.cookies.some((one) => /^_pomerium_authenticate=; .*Max-Age=0/.test(one)),
          what,
        )
      }
    })
    assert.equal(lookUps, 0)
  })

  it('that we made, of a session that is over, is looked up: the count above counts', async () => {
    const value = cookieOf(await signedIn('eve'))
    await stack.sessions.endByUser(stack.idp.issuer, 'eve')
    const lookUps = await lookUpsDuring(async () =>
      assertSignIn(await open('https://app.test/', value), 'app.test', 'an ended session'),
    )
    assert.equal(lookUps, 1)
  })
})

/** A few hundred ways to change a cookie; `other` is one of somebody else, made with the same key. */
function forgeriesOf(value: string, other: string): readonly (readonly [what: string, value: string])[] {
  const [header = '', payload = '', mac = ''] = value.split('.')
  const [, otherPayload = '', otherMac = ''] = other.split('.')
  const forgeries: [string, string][] = [
    ['somebody else’s MAC', `${header}.${payload}.${otherMac}`],
    ['somebody else’s content', `${header}.${otherPayload}.${mac}`],
    ['no MAC', `${header}.${payload}.`],
    ['no signature part', `${header}.${payload}`],
    ['a fourth part', `${value}.${mac}`],
    ['standard alphabet', value.replaceAll('-', '+').replaceAll('_', '/')],
    ['upper case', value.toUpperCase()],
    ['lower case', value.toLowerCase()],
  ].filter((forgery): forgery is [string, string] => forgery[1] !== value)
  for (const added of ['A', '=', '==', '.', '%00', '%20', '+', ',']) {
    forgeries.push([`${added} after it`, value + added], [`${added} before it`, added + value])
  }
  for (let at = 0; at < value.length; at += 4) {
    if (at > 0) forgeries.push([`cut off at ${String(at)}`, value.slice(0, at)])
    forgeries.push([`a bit of character ${String(at)}`, withFlippedBit(value, at)])
  }
  return forgeries
}

/** The lowest bit of one character's six, or of the character itself where it is a point. */
function withFlippedBit(value: string, at: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const sextet = alphabet.indexOf(value.charAt(at))
  const flipped = sextet < 0 ? '/' : alphabet.charAt(sextet ^ 1)
  return value.slice(0, at) + flipped + value.slice(at + 1)
}
