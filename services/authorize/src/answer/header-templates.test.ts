import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { expandTemplates, prepareTemplates } from './header-templates.ts'

const facts: RequestFacts = {
  method: 'GET',
  host: 'hello.example.com',
  path: '/',
  query: '',
  headers: new Map([
    ['x-one', ['1']],
    ['x-two', ['a', 'b']],
    ['x-evil', ['${pomerium.access_token} $$ {env.HOME} %{x}']],
  ]),
  clientAddress: '203.0.113.7',
  clientCertificate: undefined,
}

async function expand(template: string, accessToken = 'at'): Promise<string | undefined> {
  const values = {
    facts,
    jwt: () => Promise.resolve('a.b.c'),
    idToken: () => undefined,
    accessToken: () => accessToken,
  }
  const [header] = await expandTemplates(prepareTemplates({ 'X-Out': template }), values)
  assert.equal(header?.[0], 'x-out')
  return header[1]
}

const cases = [
  ['text alone', 'plain', 'plain'],
  ['two dollars are one', '$$5 $$$$', '$5 $$'],
  ['the assertion', 'Bearer ${pomerium.jwt}', 'Bearer a.b.c'],
  ['white space inside the braces', '${  pomerium.jwt }', 'a.b.c'],
  ['without braces', '$pomerium.jwt!', 'a.b.c!'],
  ['what is not there', '[${pomerium.id_token}]', '[]'],
  ['what does not exist', '[${pomerium.no_such}]', '[]'],
  ['a header of the request', '${pomerium.request.headers["X-One"]}', '1'],
  ['in single quotes', "${pomerium.request.headers['x-one']}", '1'],
  ['a header that came twice', '${pomerium.request.headers["X-Two"]}', 'a,b'],
  ['a header that did not come', '[${pomerium.request.headers["X-None"]}]', '[]'],
  ['a malformed reference stays', '${pomerium.jwt ${oops} $', '${pomerium.jwt ${oops} $'],
  ['a reference to something else stays', '${env.HOME} $HOME', '${env.HOME} $HOME'],
  [
    'what is put in is not read again',
    '${pomerium.request.headers["X-Evil"]}',
    '${pomerium.access_token} $$ {env.HOME} %{x}',
  ],
  ['text beyond ASCII is UTF-8', 'ł', Buffer.from('ł').toString('latin1')],
  ['a certificate that was not asked for', '[${pomerium.client_cert_fingerprint}]', '[]'],
] as const

describe('a templated header', () => {
  for (const [title, template, expected] of cases) {
    it(title, async () => assert.equal(await expand(template), expected))
  }

  it('is empty rather than broken when a value cannot stand in a header', async () => {
    assert.equal(await expand('x${pomerium.access_token}', 'a\r\nX-Evil: 1'), '')
  })

  it('stands once when it is configured twice', () => {
    assert.equal(prepareTemplates({ 'X-A': '$$1', 'x-a': '$$2' }).length, 1)
  })
})
