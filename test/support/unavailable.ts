import assert from 'node:assert/strict'
import type { WebAnswer } from './web-client.ts'

/** The page while the IdP does not answer, with a way on. */
export function assertUnavailable(answer: WebAnswer): void {
  assert.equal(answer.status, 503)
  assert.equal(answer.headers['postern-error'], 'IDP_UNAVAILABLE')
  assert.match(String(answer.headers['retry-after']), /^\d+$/)
  assert.match(answer.body, /Start again/)
}
