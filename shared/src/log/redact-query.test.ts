import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redactQuery } from './redact-query.ts'

describe('a query in the log (LOG-02)', () => {
  for (const [query, logged] of [
    ['', ''],
    ['page=2&sort=name', 'page=2&sort=name'],
    ['code=hunter2', 'code=[redacted]'],
    ['a=1&state=hunter2&b=2', 'a=1&state=[redacted]&b=2'],
    [
      'token=hunter2&access_token=hunter2&id_token_hint=hunter2',
      'token=[redacted]&access_token=[redacted]&id_token_hint=[redacted]',
    ],
    ['CODE=hunter2', 'CODE=[redacted]'],
    ['c%6Fde=hunter2', 'c%6Fde=[redacted]'],
    ['pomerium_session=hunter2', 'pomerium_session=[redacted]'],
    ['X-Goog-Signature=hunter2&api_key=hunter2', 'X-Goog-Signature=[redacted]&api_key=[redacted]'],
    ['a=1;code=hunter2', 'a=1;code=[redacted]'],
    ['next=eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'next=[redacted]'],
    ['%=1&code', '%=1&code'],
  ] as const) {
    it(`?${query}`, () => assert.equal(redactQuery(query), logged))
  }
})
