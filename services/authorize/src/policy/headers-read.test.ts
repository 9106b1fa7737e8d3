import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicy } from './parse-policy.ts'
import type { Policy } from './policy.ts'
import { headersRead } from './headers-read.ts'

function policy(document: unknown): Policy {
  const result = parsePolicy(document)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.policy
}

describe('the headers that a policy reads', () => {
  it('are those of its criteria, each once', () => {
    const document = {
      allow: { or: [{ cors_preflight: 1 }] },
      deny: { and: [{ cors_preflight: 1 }, { email: 'a@b.c' }] },
    }
    assert.deepEqual(headersRead(policy(document)), ['access-control-request-method', 'origin'])
  })
  it('are none where no criterion reads any', () => {
    assert.deepEqual(headersRead(policy({ allow: { or: [{ email: 'a@b.c' }] } })), [])
  })
})
