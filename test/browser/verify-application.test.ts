import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ada } from '@postern/dev/idp/people.ts'
import { startStack } from '@postern/dev/stack.ts'
import type { VerifyAnswer } from '@postern/dev/verify.ts'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'
import { recordingLog } from '../support/recording-log.ts'

it('an application outside Google Cloud verifies the assertion with the keys that its own host publishes', async () => {
  await using stack = await startStack({ processEnvironment: process.env, log: recordingLog() })
  await using browser = await openChromium()
  await using visitor = await newVisitor(browser)
  await signInAs(visitor.page, stack.verifyRouteUrl, stack.identityProvider.issuer, ada)
  await visitor.page.getByText('The assertion is genuine').waitFor()
  const shown = await visitor.page.evaluate(async () => {
    const response = await fetch('/', { headers: { accept: 'application/json' } })
    return response.json()
  })
  const { assertion, headers } = shown as VerifyAnswer
  assert.ok(assertion.kind === 'verified')
  assert.equal(assertion.claims['email'], ada.email)
  assert.equal(headers['x-pomerium-claim-email'], ada.email)
  assert.equal(stack.metadata.faults.audiences.length, 1, 'only hello’s route has an audience, warmed at start')
})
