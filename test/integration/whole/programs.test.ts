import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { WebAnswer } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const routes = `
- {from: https://app.test, to: UPSTREAM, allowed_users: [ada]}
- {from: https://other.test, to: UPSTREAM, allow_any_authenticated_user: true}
`
const login = 'https://app.test/.pomerium/api/v1/login'
const program = { accept: 'application/json', 'sec-fetch-mode': '' }

describe('a program signs its person in', () => {
  let stack: WholeStack
  let credential: string
  before(async () => {
    const settings = 'programmatic_redirect_domain_whitelist: [localhost, tools.example.com]'
    stack = await startWholeStack({ routes, settings })
    credential = await signInFor('http://localhost:1234/cb?state=s')
  })
  after(() => stack[Symbol.asyncDispose]())

  const ask = (redirectUri: string): Promise<WebAnswer> =>
    stack.newBrowser().get(`${login}?${new URLSearchParams({ pomerium_redirect_uri: redirectUri }).toString()}`, {
      headers: program,
    })

  async function signInFor(redirectUri: string): Promise<string> {
    const answer = await ask(redirectUri)
    assert.equal(answer.status, 200, answer.body)
    assert.match(String(answer.headers['content-type']), /^text\/plain/)
    const back = await stack.visit(stack.newBrowser(), answer.body)
    assert.equal(`${back.location.origin}${back.location.pathname}`, redirectUri.replace(/\?.*/, ''))
    return back.location.searchParams.get('pomerium_jwt') ?? ''
  }

  const carriers: readonly [string, (value: string) => { headers?: Record<string, string>; query?: string }][] = [
    ['X-Pomerium-Authorization', (value) => ({ headers: { 'x-pomerium-authorization': value } })],
    ['Authorization: Pomerium', (value) => ({ headers: { authorization: `Pomerium ${value}` } })],
    ['Authorization: Bearer Pomerium-', (value) => ({ headers: { authorization: `Bearer Pomerium-${value}` } })],
    ['the query', (value) => ({ query: `?pomerium_session=${value}` })],
  ]
  for (const [title, carry] of carriers) {
    it(`and presents the credential in ${title}, which the application never sees`, async () => {
      const { headers = {}, query = '' } = carry(credential)
      const answer = await stack
        .newBrowser()
        .get(`https://app.test/data${query}`, { headers: { ...program, ...headers } })
      assert.equal(answer.status, 200)
      const seen = stack.seen.at(-1)
      assert.equal(seen?.path, '/data')
      assert.ok(!JSON.stringify(seen.headers).includes(credential))
    })

    it(`and is told so, not redirected, when one in ${title} is not good here`, async () => {
      const { headers = {}, query = '' } = carry(credential)
      // Even where a browser would be led to the sign-in page.
      const browser = { accept: 'text/html', 'sec-fetch-mode': 'navigate', ...headers }
      const answer = await stack.newBrowser().get(`https://other.test/${query}`, { headers: browser })
      assert.equal(answer.status, 401)
      assert.ok(answer.headers['www-authenticate'])
    })
  }

  it('and the first carrier that is there decides: cookie, header, query', async () => {
    const bad = 'x.y.z'
    const get = async (headers: Record<string, string>, query = ''): Promise<number> =>
      (await stack.newBrowser().get(`https://app.test/${query}`, { headers: { ...program, ...headers } })).status
    const own = { 'x-pomerium-authorization': credential }
    assert.equal(await get({ ...own, cookie: `_pomerium=${bad}` }), 401)
    assert.equal(await get({ authorization: `Pomerium ${credential}`, 'x-pomerium-authorization': bad }), 401)
    assert.equal(await get({ ...own, authorization: `Pomerium ${bad}` }), 200)
    assert.equal(await get({ authorization: `Pomerium ${bad}` }, `?pomerium_session=${credential}`), 401)
  })

  it('and is told 401 with the sign-in address as JSON when it presents nothing', async () => {
    for (const headers of [
      { accept: 'application/json', 'sec-fetch-mode': '' },
      { accept: '*/*', 'sec-fetch-mode': 'cors' },
      { accept: 'text/html', 'sec-fetch-mode': '', 'x-requested-with': 'XMLHttpRequest' },
    ]) {
      const answer = await stack.newBrowser().get('https://app.test/', { headers })
      assert.equal(answer.status, 401)
      if (!headers.accept.includes('html')) {
        assert.match(JSON.parse(answer.body).sign_in_url, /^https:\/\/auth\.test\/\.pomerium\/sign_in\?/)
      }
    }
    const post = await stack.newBrowser().post('https://app.test/', {})
    assert.equal(post.status, 401)
  })

  it('at a listed host over https', async () => {
    assert.ok(await signInFor('https://tools.example.com/cb'))
  })

  it('but brings no credential to a host that is not listed (RED-16, CVE-2021-29651)', async () => {
    for (const target of [
      'https://evil.com/cb',
      'http://tools.example.com/',
      'http://localhost@evil.com/',
      'nonsense',
    ]) {
      const answer = await ask(target)
      assert.equal(answer.status, 400, target)
      assert.equal(answer.headers['postern-error'], 'RETURN_TO_REFUSED')
    }
  })

  it('but not without saying where it waits, twice, by another method, or where no route is', async () => {
    const browser = stack.newBrowser()
    assert.equal((await browser.get(login)).status, 404)
    const twice = `${login}?pomerium_redirect_uri=http://localhost/&pomerium_redirect_uri=http://localhost/`
    assert.equal((await browser.get(twice)).status, 400)
    assert.equal((await browser.post(`${login}?pomerium_redirect_uri=http://localhost/`, {})).status, 405)
    const nowhere = 'https://nowhere.test/.pomerium/api/v1/login?pomerium_redirect_uri=http://localhost/'
    assert.equal((await browser.get(nowhere)).status, 404)
  })

  it('and is refused as soon as its person signs out', async () => {
    const browser = stack.newBrowser()
    const back = await stack.visit(browser, (await ask('http://localhost:1/cb')).body)
    const mine = back.location.searchParams.get('pomerium_jwt') ?? ''
    const headers = { ...program, authorization: `Pomerium ${mine}` }
    assert.equal((await stack.newBrowser().get('https://app.test/', { headers })).status, 200)
    await browser.post('https://auth.test/.pomerium/sign_out', {})
    assert.equal((await stack.newBrowser().get('https://app.test/', { headers })).status, 401)
  })

  it('but not with anything else of ours: an assertion, a ticket, the authenticate host’s cookie (JWT-07)', async () => {
    const browser = stack.newBrowser()
    await stack.visit(browser, 'https://other.test/')
    const own = [...browser.jar].find(([key]) => key.endsWith('_authenticate'))?.[1] ?? ''
    const idToken = stack.idp.secrets.findLast((secret) => secret.startsWith('eyJ')) ?? ''
    assert.ok(own !== '' && idToken !== '')
    for (const value of [own, idToken, stack.idp.logoutToken({ claims: { sub: 'ada' } })]) {
      const headers = { ...program, authorization: `Pomerium ${value}` }
      assert.equal((await stack.newBrowser().get('https://other.test/', { headers })).status, 401)
    }
  })
})
