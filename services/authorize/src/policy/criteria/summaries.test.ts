import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePolicy } from '../parse-policy.ts'

/** The summary of the one criterion in a policy. */
function summary(criterion: unknown): string | undefined {
  const result = parsePolicy({ allow: { or: [criterion] } })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.policy.rules[0]?.blocks[0]?.criteria[0]?.summary
}

const hash = 'a'.repeat(64)
const rows: readonly (readonly [unknown, string])[] = [
  [{ accept: true }, 'everybody'],
  [{ reject: true }, 'nobody'],
  [{ authenticated_user: true }, 'anybody who is signed in'],
  [{ user: '1001' }, 'user id is 1001'],
  [{ email: { in: ['A@b.c', 'd@e.f'] } }, 'email is one of a@b.c, d@e.f'],
  [{ email: { ends_with: '.de', not_in: ['a@b.de'] } }, 'email ends with .de and is none of a@b.de'],
  [{ domain: 'Example.com' }, 'domain is example.com'],
  [{ 'claim/level': 7 }, 'claim level has 7 (number)'],
  [{ 'claim/a/b': { is: 'x', exclude: true } }, 'claim a/b is x and does not have true (boolean)'],
  [{ groups: 'engineering' }, 'groups has engineering'],
  [{ http_method: { not: 'GET' } }, 'method is not GET'],
  [{ http_path: { starts_with: '/x', contains: 'y' } }, 'path starts with /x and contains y'],
  [{ cors_preflight: true }, 'a CORS preflight request'],
  [{ source_ip: ['10.0.0.0/8', '::1'] }, 'client address in 10.0.0.0/8, ::1'],
  [
    { client_certificate: { fingerprint: hash, san_dns: 'a.b' } },
    `client certificate fingerprint is ${hash} and san_dns is a.b`,
  ],
  [{ invalid_client_certificate: true }, 'no valid client certificate'],
  [{ date: { after: '2026-01-01', before: '2026-02-01' } }, 'date from 2026-01-01 until 2026-02-01 UTC'],
  [{ date: { before: '2026-02-01', timezone: 'Asia/Tokyo' } }, 'date until 2026-02-01 Asia/Tokyo'],
  [{ day_of_week: 'mon-fri' }, 'day of week mon-fri UTC'],
  [{ time_of_day: { timezone: 'UTC', before: '5:30 pm' } }, 'time of day 00:00:00 to 17:30:00 UTC'],
]

describe('a criterion in words', () => {
  for (const [criterion, words] of rows) it(words, () => assert.equal(summary(criterion), words))
})
