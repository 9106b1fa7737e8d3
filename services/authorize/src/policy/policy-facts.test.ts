import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicy } from './parse-policy.ts'
import type { Policy } from './policy.ts'
import { criteriaSummary, headersRead } from './policy-facts.ts'

function policy(document: unknown): Policy {
  const result = parsePolicy(document)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.policy
}

describe('the summary of a policy', () => {
  const rows: readonly (readonly [unknown, string])[] = [
    [[], 'nobody'],
    [{ allow: { and: [{ accept: true }] } }, 'everybody'],
    [
      { allow: { or: [{ domain: 'Example.com' }, { email: { in: ['a@b.c', 'd@e.f'] } }] } },
      'domain is example.com or email is one of a@b.c, d@e.f',
    ],
    [{ allow: { and: [{ domain: 'a.b' }, { http_method: { not: 'GET' } }] } }, 'domain is a.b and method is not GET'],
    [
      [{ allow: { and: [{ domain: 'a.b' }, { http_path: '/x' }] } }, { allow: { not: [{ 'claim/level': 7 }] } }],
      '(domain is a.b and path is /x) or not (claim level has 7 (number))',
    ],
    [
      { allow: { and: [{ authenticated_user: 1 }] }, deny: { or: [{ source_ip: ['10.0.0.0/8'] }] } },
      'anybody who is signed in; but never client address in 10.0.0.0/8',
    ],
    [
      { allow: { and: [{ date: { after: '2026-01-01', before: '2026-02-01' } }] } },
      'date from 2026-01-01 until 2026-02-01 UTC',
    ],
    [{ allow: { nor: [{ accept: 1 }, { reject: 1 }] } }, 'not (everybody and nobody)'],
  ]
  for (const [document, summary] of rows) it(summary, () => assert.equal(criteriaSummary(policy(document)), summary))
})

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
