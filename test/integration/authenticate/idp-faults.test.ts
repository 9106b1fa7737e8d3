import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { assertUnavailable } from '../../support/unavailable.ts'

type Instead = (request: unknown, response: ServerResponse) => void

describe('when the token endpoint fails, the person gets a page with a way on (REL-D3, OIDC-16)', () => {
  const faults: readonly [string, Instead][] = [
    ['with 500', (_, response) => void response.writeHead(500).end('<h1>oops</h1>')],
    [
      'with 503 and JSON',
      (_, response) => void response.writeHead(503, json).end('{"error":"temporarily_unavailable"}'),
    ],
    [
      'with 429',
      (_, response) => void response.writeHead(429, { ...json, 'retry-after': '7' }).end('{"error":"slow_down"}'),
    ],
    [
      'with a page of HTML',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['with nothing', (_, response) => void response.writeHead(200, json).end()],
    ['with half a document', (_, response) => void response.writeHead(200, json).end('{"access_token":"x"')],
    ['with a redirect', (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
    ['by hanging up', (_, response) => void response.destroy()],
    [
      'with five megabytes',
      (_, response) => void response.writeHead(200, json).end(`{"x":"${'x'.repeat(5_000_000)}"}`),
    ],
  ]
  for (const [title, instead] of faults) {
    it(title, async () => {
      await using service = await AuthenticateUnderTest.start()
      service.idp.behave = { instead: { '/token': instead } }
      assertUnavailable(await service.signIn(service.newBrowser()))
      assert.doesNotMatch(service.logText.join(''), /access_token/, 'what came is not in the log')
      service.idp.behave = {}
      const again = await service.signIn(service.newBrowser())
      assert.equal(again.status, 302, 'and the next attempt works')
    })
  }

  it('keeps what the IdP says about when to come back', async () => {
    await using service = await AuthenticateUnderTest.start()
    const instead: Instead = (_, response) =>
      void response.writeHead(429, { ...json, 'retry-after': '7' }).end('{"error":"slow_down"}')
    service.idp.behave = { instead: { '/token': instead } }
    assert.equal((await service.signIn(service.newBrowser())).headers['retry-after'], '7')
  })

  it('fails closed when userinfo fails (REL-D4)', async () => {
    await using service = await AuthenticateUnderTest.start()
    service.idp.behave = { instead: { '/userinfo': (_, response) => void response.writeHead(500).end() } }
    assertUnavailable(await service.signIn(service.newBrowser()))
  })

  it('does not wait for ever for an IdP that hangs', { timeout: 20_000 }, async () => {
    await using service = await AuthenticateUnderTest.start()
    service.idp.behave = { instead: { '/token': () => undefined } }
    const begun = Date.now()
    assertUnavailable(await service.signIn(service.newBrowser()))
    assert.ok(Date.now() - begun < 10_000)
  })
})

describe('client authentication', () => {
  it('tries the other way once when the IdP refuses the secret, and remembers', async () => {
    await using service = await AuthenticateUnderTest.start()
    let refusals = 0
    service.idp.behave = {
      instead: {
        '/token': (request, response, body) => {
          if (request.headers.authorization === undefined) {
            refusals += 1
            return void response.writeHead(401, json).end('{"error":"invalid_client"}')
          }
          service.idp.respond(request, response, body)
        },
      },
    }
    assert.equal((await service.signIn(service.newBrowser())).status, 302)
    assert.equal((await service.signIn(service.newBrowser())).status, 302)
    assert.equal(refusals, 1)
  })

  it('tells the operator, not the person, when the secret is wrong', async () => {
    await using service = await AuthenticateUnderTest.start()
    const refuse: Instead = (_, response) => void response.writeHead(401, json).end('{"error":"invalid_client"}')
    service.idp.behave = { instead: { '/token': refuse } }
    const answer = await service.signIn(service.newBrowser())
    assert.equal(answer.headers['postern-error'], 'IDP_MISCONFIGURED')
    assert.ok(service.log.lines.some((line) => line.level === 'error' && line.fields['code'] === 'IDP_MISCONFIGURED'))
  })
})

describe('the IdP is away when the service starts (REL-D1)', () => {
  it('starts all the same, says so, shows a 503 page, and recovers by itself', async () => {
    await using service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, issuer: new URL(config.idp.issuer) } }),
      idp: { instead: { '/.well-known/openid-configuration': (_, response) => void response.writeHead(503).end() } },
    })
    assert.equal((await service.newBrowser().get('https://auth.test/ping')).status, 200)
    const answer = await service.newBrowser().get(service.signInLink())
    assertUnavailable(answer)
    assert.deepEqual(answer.cookies, [])
    assert.ok(service.log.lines.some((line) => line.message.startsWith('the identity provider does not answer yet')))
    service.idp.behave = {}
    service.clock.aheadMs += 60_000
    assert.equal((await service.newBrowser().get(service.signInLink())).status, 302)
  })

  it('asks no more often than its back-off allows, however many people come', async () => {
    await using service = await AuthenticateUnderTest.start({
      idp: { instead: { '/.well-known/openid-configuration': (_, response) => void response.writeHead(503).end() } },
    })
    const browser = service.newBrowser()
    await Promise.all(Array.from({ length: 50 }, () => browser.get(service.signInLink())))
    assert.ok(service.idp.count('GET /.well-known/openid-configuration') <= 2)
  })

  it('later: what it said about itself is remembered, and people still get to its page (REL-D2)', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    service.idp.behave = {
      instead: { '/.well-known/openid-configuration': (_, response) => void response.destroy() },
    }
    for (const hours of [1, 24]) {
      service.clock.aheadMs += hours * 3_600_000
      const { location } = await service.newBrowser().get(service.signInLink())
      assert.equal(location.origin, service.idp.issuer, `after ${String(hours)} hours`)
    }
  })

  it('is not reachable at all', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const issuer = new URL(`http://127.0.0.1:${String((closed.address() as AddressInfo).port)}`)
    await new Promise((resolve) => closed.close(resolve))
    await using service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, issuer } }),
    })
    assertUnavailable(await service.newBrowser().get(service.signInLink()))
  })
})

const json = { 'content-type': 'application/json' }
