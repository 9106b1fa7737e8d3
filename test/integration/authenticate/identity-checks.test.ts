import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { ruleOfSignIn } from '../openid/verdict.ts'

ruleOfSignIn('an answer of the token endpoint', {
  refused: [
    ['no ID token (OIDC-16)', { tokens: ({ id_token: _, ...answer }) => answer }],
    ['another kind of token (OIDC-16)', { tokens: (answer) => ({ ...answer, token_type: 'mac' }) }],
  ],
  accepted: [
    ['claims named __proto__', { claims: (claims) => ({ ...claims, ...JSON.parse('{"__proto__":{"x":1}}') }) }],
  ],
})

ruleOfSignIn('email_verified', {
  refused: [
    ['false (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: false }) }],
    ['false, in words (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: 'false' }) }],
    ['anything else', { claims: (claims) => ({ ...claims, email_verified: 1 }) }],
  ],
  accepted: [
    ['true', { claims: (claims) => ({ ...claims, email_verified: true }) }],
    ['true, in words (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: 'true' }) }],
    ['none', {}],
  ],
})

describe('what the IdP says', () => {
  it('is normalised into the session: userinfo fills in what the ID token lacks', async () => {
    await using service = await AuthenticateUnderTest.start({
      idp: { claims: (claims) => ({ ...claims, address: { country: 'GB' } }) },
    })
    await service.signIn(service.newBrowser())
    const event = service.log.lines.findLast((line) => line.message === 'sign-in')
    assert.equal(event?.fields['user'], 'ada')
    const page = service.newBrowser()
    await service.signIn(page)
    const shown = await page.get('https://auth.test/.pomerium/')
    assert.match(shown.body, /ada@example\.com/)
    assert.match(shown.body, /engineering/)
  })
})
