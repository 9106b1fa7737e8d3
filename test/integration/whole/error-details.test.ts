import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

/** What only the policy knows, and nobody who is refused is to learn from a route that does not show it. */
const secrets = [
  'ceo@secret.example',
  'project-nightfall',
  '198.51.100.0/24',
  'email-unauthorized',
  'claim-unauthorized',
]

const routeAt = (host: string, more = ''): string => `
- from: https://${host}
  to: UPSTREAM${more}
  policy:
    - allow: { or: [{ email: ceo@secret.example }, { claim/project: "<b>project-nightfall</b>" }] }
    - deny: { or: [{ source_ip: 198.51.100.0/24 }, { http_method: DELETE }] }
`
const routes = routeAt('quiet.test') + routeAt('open.test', '\n  show_error_details: true')

describe('the policy trace on the page that refuses somebody', () => {
  let stack: WholeStack
  let ada: WebClient
  before(async () => {
    stack = await startWholeStack({ routes })
    ada = stack.newBrowser()
    for (const host of ['quiet.test', 'open.test']) await stack.visit(ada, `https://${host}/`)
  })
  after(() => stack[Symbol.asyncDispose]())

  const kinds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'a page': {},
    JSON: { accept: 'application/json', 'sec-fetch-mode': 'cors' },
    'plain text': { accept: 'text/plain', 'sec-fetch-mode': '' },
    gRPC: { 'content-type': 'application/grpc', accept: '*/*' },
    'something that asks for it': { 'x-show-error-details': 'true', 'x-pomerium-debug': '1', accept: 'text/html' },
  }
  const told = ({ body, headers }: WebAnswer): readonly string[] =>
    secrets.filter((secret) => `${body}${JSON.stringify(headers)}`.includes(secret))

  for (const [kind, headers] of Object.entries(kinds)) {
    it(`is not there on a route that does not show it: ${kind}`, async () => {
      for (const method of ['GET', 'DELETE', 'POST']) {
        const answer = await ada.get('https://quiet.test/page?show_error_details=true', { method, headers })
        assert.equal(answer.status, 403, method)
        assert.deepEqual(told(answer), [])
      }
    })
  }

  it('is not there for strangers, wherever: they are told to sign in', async () => {
    for (const host of ['quiet.test', 'open.test']) {
      for (const [kind, headers] of Object.entries(kinds)) {
        const answer = await stack.newBrowser().get(`https://${host}/page`, { headers })
        assert.ok(answer.status === 302 || answer.status === 401, `${host} ${kind}`)
        assert.deepEqual(told(answer), [])
      }
    }
  })

  it('is there on a route that shows it: what was asked, of whom, and the reasons; as text, whatever it holds', async () => {
    const { status, body } = await ada.get('https://open.test/page')
    assert.equal(status, 403)
    assert.match(body, /deny \(403\): no allow rule is true/)
    assert.match(body, /email is ceo@secret\.example.*ada@example\.com.*email-unauthorized/)
    assert.match(body, /&lt;b&gt;project-nightfall&lt;\/b&gt;/)
    assert.doesNotMatch(body, /<b>project-nightfall/)
  })

  it('is there in JSON too', async () => {
    const { body } = await ada.get('https://open.test/page', { headers: kinds['JSON'] ?? {} })
    assert.match(JSON.stringify(JSON.parse(body)), /no allow rule is true/)
  })

  it('says of a deny rule that it is one', async () => {
    const { body } = await ada.get('https://open.test/page', { method: 'DELETE' })
    assert.match(body, /a deny rule is true/)
  })
})
