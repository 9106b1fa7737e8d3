// A page of another origin asks before it sends (Fetch, 3.2): what the browser sends, and what becomes of it on a route
// that lets preflights in and on one that does not.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'
import { sendRaw } from '../../support/raw-client.ts'

const routes = `
- {from: https://open.test, to: UPSTREAM, allowed_users: [ada], cors_allow_preflight: true}
- {from: https://policy.test, to: UPSTREAM, policy: {allow: {or: [{cors_preflight: true}, {user: ada}]}}}
- {from: https://closed.test, to: UPSTREAM, allowed_users: [ada]}
- from: https://denied.test
  to: UPSTREAM
  cors_allow_preflight: true
  allowed_users: [ada]
  policy: {deny: {or: [{http_path: {starts_with: /private/}}]}}
`

/** As a browser sends it: no cookie, no credential, no body. */
const preflight = {
  accept: '*/*',
  'access-control-request-method': 'PUT',
  'access-control-request-headers': 'content-type,x-requested-with',
  origin: 'https://page.example',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-dest': 'empty',
}

describe('a CORS preflight', () => {
  let stack: WholeStack
  before(async () => {
    stack = await startWholeStack({ routes })
  })
  after(() => stack[Symbol.asyncDispose]())

  /** Status, and what the application saw of it. */
  async function ask(url: string, headers: Readonly<Record<string, string>>, method = 'OPTIONS') {
    const before = stack.seen.length
    const { status } = await stack.newBrowser().send(url, { method, headers })
    return { status, seen: stack.seen.slice(before) }
  }

  for (const host of ['open.test', 'policy.test']) {
    it(`${host}: reaches the application, and says who asks for what`, async () => {
      const { status, seen } = await ask(`https://${host}/api/items?page=2`, preflight)
      assert.deepEqual([status, seen.length, seen[0]?.path], [200, 1, '/api/items?page=2'])
      for (const name of ['origin', 'access-control-request-method', 'access-control-request-headers']) {
        assert.equal(seen[0]?.headers[name], preflight[name as keyof typeof preflight])
      }
    })

    it(`${host}: what it asks about still needs a person`, async () => {
      const { origin } = preflight
      const put = await ask(`https://${host}/api/items`, { accept: '*/*', origin, 'sec-fetch-mode': 'cors' }, 'PUT')
      assert.deepEqual([put.status, put.seen], [401, []])
      const browser = stack.newBrowser()
      assert.equal((await stack.visit(browser, `https://${host}/`)).status, 200)
      const headers = { accept: '*/*', origin, 'sec-fetch-mode': 'cors' }
      assert.equal((await browser.send(`https://${host}/api/items`, { method: 'PUT', headers })).status, 200)
    })

    for (const [title, method, missing] of [
      ['an OPTIONS without Origin', 'OPTIONS', 'origin'],
      ['an OPTIONS that asks for no method', 'OPTIONS', 'access-control-request-method'],
      ['a GET that pretends to be one', 'GET', undefined],
      ['a POST that pretends to be one', 'POST', undefined],
    ] as const) {
      it(`${host}: ${title} is not one`, async () => {
        const headers = Object.fromEntries(Object.entries(preflight).filter(([name]) => name !== missing))
        const { status, seen } = await ask(`https://${host}/`, headers, method)
        assert.deepEqual([status, seen], [401, []])
      })
    }

    for (const [framing, body] of [
      ['Content-Length: 5', 'hello'],
      ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ] as const) {
      it(`${host}: nobody’s body goes with it, nor a session that is none (${framing})`, async () => {
        const before = stack.seen.length
        const lines = [
          'OPTIONS /x HTTP/1.1',
          `Host: ${host}`,
          `Origin: ${preflight.origin}`,
          'Access-Control-Request-Method: PUT',
          'Cookie: mine=1; _pomerium=forged',
          'X-Pomerium-Claim-Email: admin@example.com',
          framing,
        ]
        const { status } = await sendRaw(stack.port, `${lines.join('\r\n')}\r\n\r\n${body}`)
        const [seen, ...more] = stack.seen.slice(before)
        assert.deepEqual([status, more], [200, []])
        const names = ['content-length', 'transfer-encoding', 'cookie', 'x-pomerium-claim-email']
        assert.deepEqual(
          names.map((name) => seen?.headers[name]),
          [undefined, undefined, 'mine=1', undefined],
        )
      })
    }
  }

  it('is refused where the route does not let it in: no redirect, and the application hears nothing', async () => {
    const { status, seen } = await ask('https://closed.test/', preflight)
    assert.deepEqual([status, seen], [401, []])
  })

  it('is refused where a rule denies', async () => {
    assert.equal((await ask('https://denied.test/public', preflight)).status, 200)
    const { status, seen } = await ask('https://denied.test/private/x', preflight)
    assert.deepEqual([status, seen], [403, []])
  })

  it('to a path of Postern’s own is not the application’s', async () => {
    const { seen } = await ask('https://open.test/.pomerium/user', preflight)
    assert.deepEqual(seen, [])
  })
})
