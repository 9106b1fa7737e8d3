import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { GoogleKeys, proxyServiceAccount } from './google/google-keys.ts'
import { startHello, type HelloAnswer } from './hello.ts'
import { serve, type Serving } from './serve.ts'
import { startVerify, type VerifyAnswer } from './verify.ts'

const routeHost = 'verify.localhost:8080'

describe('hello', () => {
  let hello: Serving
  before(async () => {
    hello = await startHello()
  })
  after(() => hello[Symbol.asyncDispose]())

  const read = async (headers: Record<string, string>) =>
    (await (await fetch(hello.url, { headers })).json()) as HelloAnswer
  const payload = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')

  it('tells programs who is there and with which Google token the request came', async () => {
    const keys = await GoogleKeys.create()
    const clock = { now: () => new Date('2026-11-22T12:00:00Z') }
    const token = await keys.idToken(proxyServiceAccount, 'https://hello.a.run.app', { clock, lifetimeSeconds: 3600 })
    const answer = await read({
      'x-serverless-authorization': `Bearer ${token.replace(/[^.]+$/, 'SIGNATURE_REMOVED_BY_GOOGLE')}`,
      'x-pomerium-jwt-assertion': `e30.${payload({ email: 'ada@example.com', name: 'Ada Lovelace' })}.c2ln`,
    })
    assert.deepEqual(answer.person, { name: 'Ada Lovelace', email: 'ada@example.com' })
    assert.deepEqual(answer.google, {
      header: 'X-Serverless-Authorization',
      audience: 'https://hello.a.run.app',
      serviceAccount: proxyServiceAccount.email,
      expiresAt: '2026-11-22T13:00:00.000Z',
    })
  })

  it('does not take a token for checked that did not pass through Cloud Run', async () => {
    const answer = await read({ 'x-serverless-authorization': `Bearer e30.${payload({ aud: 'x' })}.c2ln` })
    assert.equal(answer.google, undefined)
  })

  it('is a page for people, in which no header can plant HTML', async () => {
    const headers = {
      accept: 'text/html',
      'x-pomerium-jwt-assertion': `e30.${payload({ name: '<script>alert(1)</script>' })}.c2ln`,
    }
    const page = await (await fetch(`${hello.url}/<b>`, { headers })).text()
    assert.match(page, /Hello, &#60;script&#62;/)
    assert.ok(!page.includes('<script>') && !page.includes('<b>'))
  })
})

describe('verify', () => {
  let signingKey: CryptoKey
  let proxy: Serving
  let verify: Serving
  const askedHosts: (string | undefined)[] = []
  before(async () => {
    const pair = await generateKeyPair('ES256')
    signingKey = pair.privateKey
    const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }]
    proxy = await serve((request, response) => {
      askedHosts.push(request.headers.host)
      response.end(JSON.stringify({ keys }))
    })
    verify = await startVerify({ proxy: proxy.url, routeHost })
  })
  after(async () => {
    await verify[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  const assertion = (claims: Record<string, unknown> = {}, key = signingKey) =>
    new SignJWT({ iss: 'verify.localhost', aud: 'verify.localhost', email: 'ada@example.com', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key)
  const read = async (jwt?: string) => {
    const headers = jwt === undefined ? {} : { 'x-pomerium-jwt-assertion': jwt }
    return ((await (await fetch(verify.url, { headers })).json()) as VerifyAnswer).assertion
  }

  it('believes an assertion that the route’s key set verifies', async () => {
    const answer = await read(await assertion())
    assert.ok(answer.kind === 'verified')
    assert.equal(answer.claims['email'], 'ada@example.com')
    assert.deepEqual(askedHosts, [routeHost])
  })

  it('believes no other', async () => {
    const forged = (await generateKeyPair('ES256')).privateKey
    assert.equal((await read(await assertion({ aud: 'hello.localhost' }))).kind, 'refused')
    assert.equal((await read(await assertion({ iss: 'evil.example' }))).kind, 'refused')
    assert.equal((await read(await assertion({}, forged))).kind, 'refused')
    assert.equal((await read()).kind, 'missing')
  })
})
