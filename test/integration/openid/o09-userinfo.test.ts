import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O9: userinfo is about the person of the ID token (OIDC-11, OIDC-10)', {
  refused: [
    ['another person', { userInfo: (claims) => ({ ...claims, sub: 'mallory' }) }],
    ['nobody', { userInfo: ({ sub: _, ...claims }) => claims }],
    ['an address that is not verified', { userInfo: (claims) => ({ ...claims, email_verified: false }) }],
  ],
  accepted: [['the person', { userInfo: (claims) => ({ ...claims, email_verified: true }) }]],
})

describe('O9: userinfo', () => {
  it('is asked with the access token, at the address of the discovery document', async () => {
    let authorization: string | undefined
    await using service = await AuthenticateUnderTest.start({
      idp: {
        instead: {
          '/userinfo': (request, response, body) => {
            authorization = request.headers.authorization
            service.idp.respond(request, response, body)
          },
        },
      },
    })
    await service.redeem(await service.signIn(service.newBrowser()))
    assert.ok(service.idp.secrets.includes(authorization?.replace(/^Bearer /, '') ?? ''))
  })

  it('is not asked over plain HTTP', async () => {
    const elsewhere = (document: Record<string, unknown>) => ({
      ...document,
      userinfo_endpoint: 'http://idp.example.com/userinfo',
    })
    await using service = await AuthenticateUnderTest.start({ idp: { discovery: elsewhere } })
    assert.equal((await service.signIn(service.newBrowser())).status, 503)
  })

  it('that is signed, and so is no JSON, is refused: we ask for none', async () => {
    await using service = await AuthenticateUnderTest.start({
      idp: {
        instead: {
          '/userinfo': (_request, response) =>
            void response
              .writeHead(200, { 'content-type': 'application/jwt' })
              .end('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.'),
        },
      },
    })
    const answer = await service.signIn(service.newBrowser())
    assert.ok(answer.status === 403 || answer.status === 503, String(answer.status))
    assert.ok(!answer.cookies.some((one) => /_authenticate=[^;]/.test(one)))
  })
})
