import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { Misbehaviour } from '../../support/misbehaving-idp.ts'
import type { WebAnswer } from '../../support/web-client.ts'

/** What an IdP does, in words, and how it is done. */
export type Case = readonly [title: string, behave: Misbehaviour]

/** One rule for what an IdP may say at a sign-in: what it forbids ends on a page, without a session; what it allows does not. */
export function ruleOfSignIn(
  rule: string,
  cases: { readonly refused: readonly Case[]; readonly accepted: readonly Case[] },
): void {
  describe(rule, () => {
    let service: AuthenticateUnderTest
    before(async () => (service = await AuthenticateUnderTest.start()))
    after(() => service[Symbol.asyncDispose]())

    async function signInWith(behave: Misbehaviour): Promise<WebAnswer> {
      service.idp.behave = behave
      const browser = service.newBrowser()
      const answer = await service.signIn(browser)
      const written = service.logText.join('')
      for (const secret of service.secrets(browser)) assert.ok(!written.includes(secret), 'a secret is in the log')
      return answer
    }

    for (const [title, behave] of cases.refused) {
      it(`refuses ${title}`, async () => assertRefused(await signInWith(behave)))
    }
    for (const [title, behave] of cases.accepted) {
      it(`accepts ${title}`, async () => {
        const answer = await signInWith(behave)
        assert.equal(answer.status, 302)
        await service.redeem(answer)
      })
    }
  })
}

function assertRefused(answer: WebAnswer): void {
  assert.equal(answer.headers['postern-error'], 'IDP_CLAIMS_REFUSED')
  assert.ok(!answer.cookies.some((one) => /_authenticate=[^;]/.test(one)), 'no session')
  assert.match(answer.body, /Start again/)
}

export const now = (): number => Math.floor(Date.now() / 1_000)
