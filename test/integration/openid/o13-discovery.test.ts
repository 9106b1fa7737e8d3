import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { assertUnavailable } from '../../support/unavailable.ts'

describe('O13: a discovery document is refused (OpenID Connect Discovery 4.3, OIDC-17)', () => {
  const cases: readonly [string, (document: Record<string, unknown>) => Record<string, unknown>][] = [
    ['of another issuer', (document) => ({ ...document, issuer: 'https://evil.example.com' })],
    ['without an issuer', ({ issuer: _, ...document }) => document],
    ['larger than a megabyte', (document) => ({ ...document, x: 'x'.repeat(2_000_000) })],
  ]
  for (const [title, discovery] of cases) {
    it(title, async () => {
      await using service = await AuthenticateUnderTest.start({ idp: { discovery } })
      assertUnavailable(await service.newBrowser().get(service.signInLink()))
    })
  }

  it('with plain HTTP anywhere but on this machine', async () => {
    const http = (document: Record<string, unknown>) => ({
      ...document,
      token_endpoint: 'http://idp.example.com/token',
    })
    await using service = await AuthenticateUnderTest.start({ idp: { discovery: http } })
    assertUnavailable(await service.signIn(service.newBrowser()))
  })
})
