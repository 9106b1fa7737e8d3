import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HeaderNames } from './header-names.ts'

const names = new HeaderNames(['x-user-mail'])

describe('HeaderNames', () => {
  for (const [sent, use] of [
    ['Accept', 'forward'],
    ['X-Custom', 'forward'],
    ['Traceparent', 'forward'],
    ['X-Pomerium-Anything', 'drop'],
    ['x.serverless.authorization', 'drop'],
    ['X-User-Mail', 'drop'],
    ['X~User~Mail', 'drop'],
    ['TE', 'te'],
    ['T_E', 'refuse'],
    ['X-Forwarded-Prefix', 'drop'],
    ['X-Forwarded-For', 'forwarded-for'],
    ['HOST', 'host'],
    ['X_Anything', 'refuse'],
    ['X-Pomerium-Authorization', 'credential'],
  ] as const) {
    it(`${sent}: ${use}`, () => {
      assert.equal(names.find(sent).use, use)
    })
  }

  it('says the same beyond what it remembers', () => {
    const forgetful = new HeaderNames([], 'reject', 1)
    for (const sent of ['Accept', 'X-Pomerium-A', 'Accept', 'X-Pomerium-A']) {
      assert.equal(forgetful.find(sent).use, sent === 'Accept' ? 'forward' : 'drop')
    }
  })

  it('with an underscore are refused, dropped or let through, never as one of ours', () => {
    const use = (sent: string, action: 'reject' | 'drop' | 'allow') =>
      new HeaderNames(['x-team'], action).find(sent).use
    assert.deepEqual(
      (['reject', 'drop', 'allow'] as const).map((action) => use('X_Mine', action)),
      ['refuse', 'drop', 'forward'],
    )
    for (const sent of ['x_pomerium_jwt', 'X_Team', 'Content_Length', 'transfer_encoding', 'HOST_', 'Author_ization']) {
      const expected = ['HOST_', 'Author_ization'].includes(sent) ? 'forward' : 'drop'
      assert.equal(use(sent, 'allow'), expected, sent)
    }
  })
})
