import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer } from '../../support/web-client.ts'

interface Revocation {
  readonly method: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

/** A GitHub Enterprise Server, with its API below its own host. */
async function startWithGithub(revoke: (response: ServerResponse) => void) {
  const revocations: Revocation[] = []
  const json = (value: unknown) => (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const service = await AuthenticateUnderTest.start({
    configure: (config) => ({ ...config, idp: { ...config.idp, provider: 'github' } }),
    idp: {
      instead: {
        '/login/oauth/access_token': json({ access_token: 'gho_token', token_type: 'bearer' }),
        '/api/v3/user': json({ id: 583231, login: 'octocat' }),
        '/api/v3/user/emails': json([{ email: 'octocat@example.com', primary: true, verified: true }]),
        '/api/v3/user/orgs': json([]),
        '/api/v3/applications/postern/token': (request, response, body) => {
          revocations.push({ method: request.method, authorization: request.headers.authorization, body })
          revoke(response)
        },
      },
    },
  })
  return { service, revocations, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() }
}

async function signInAndOut(service: AuthenticateUnderTest): Promise<WebAnswer> {
  const browser = service.newBrowser()
  await service.redeem(await service.signIn(browser))
  const link = new URL('https://auth.test/.pomerium/sign_out')
  link.searchParams.set(queryParameters.sessionHandle, service.lastSession())
  return browser.get(service.sign(link))
}

describe('signing out of a session from GitHub', () => {
  it('revokes its token there, and not the grant that other sessions share', async () => {
    await using github = await startWithGithub((response) => void response.writeHead(204).end())
    const answer = await signInAndOut(github.service)
    assert.equal(answer.location.href, 'https://auth.test/.pomerium/signed_out')
    assert.deepEqual(github.revocations, [
      {
        method: 'DELETE',
        authorization: `Basic ${Buffer.from('postern:the client secret').toString('base64')}`,
        body: '{"access_token":"gho_token"}',
      },
    ])
  })

  const faults: readonly [string, (response: ServerResponse) => void][] = [
    ['says that it is gone', (response) => void response.writeHead(404).end()],
    ['fails', (response) => void response.writeHead(500).end()],
    ['breaks off', (response) => void response.destroy()],
    ['says nothing', () => undefined],
  ]
  for (const [title, revoke] of faults) {
    it(`is not hindered when GitHub ${title}`, async () => {
      await using github = await startWithGithub(revoke)
      const answer = await signInAndOut(github.service)
      assert.equal(answer.location.href, 'https://auth.test/.pomerium/signed_out')
      assert.equal((await github.service.store.find(github.service.lastSession())).kind, 'absent')
      assert.equal(github.revocations.length, 1)
      assert.ok(!github.service.logText.join('').includes('gho_token'))
    })
  }
})
