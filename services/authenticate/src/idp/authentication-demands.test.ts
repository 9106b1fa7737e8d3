import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAuthentication, demandsOf } from './authentication-demands.ts'

const startedAt = new Date('2026-11-22T12:00:00Z')
const seconds = startedAt.getTime() / 1_000
const refusal = { code: 'IDP_AUTHENTICATION_INSUFFICIENT' }
const check = (claims: object, requestParams?: Readonly<Record<string, string>>): void =>
  checkAuthentication({ ...claims }, demandsOf({ requestParams }), startedAt)

describe('how somebody signed in at the IdP (OpenID Connect Core 3.1.3.7)', () => {
  it('does not matter when nothing was asked for', () => {
    assert.doesNotThrow(() => check({}))
    assert.doesNotThrow(() => check({ acr: '0', auth_time: 1 }, { prompt: 'login' }))
  })

  const accepted: readonly [string, object, Record<string, string>][] = [
    ['just now', { auth_time: seconds }, { max_age: '600' }],
    ['while this sign-in was under way', { auth_time: seconds + 300 }, { max_age: '0' }],
    ['as long ago as is allowed, by a clock half a minute behind', { auth_time: seconds - 630 }, { max_age: '600' }],
    ['in one of the ways asked for', { acr: 'mfa' }, { acr_values: 'phr mfa' }],
  ]
  for (const [title, claims, asked] of accepted)
    it(`is enough: ${title}`, () => assert.doesNotThrow(() => check(claims, asked)))

  const refused: readonly [string, object, Record<string, string>][] = [
    ['too long ago', { auth_time: seconds - 631 }, { max_age: '600' }],
    ['before, where it should be anew', { auth_time: seconds - 31 }, { max_age: '0' }],
    ['at no time that is said', {}, { max_age: '600' }],
    ['at a time that is a text', { auth_time: String(seconds) }, { max_age: '600' }],
    ['at a time that is no number', { auth_time: Number.NaN }, { max_age: '600' }],
    ['with a max_age that is no number', { auth_time: seconds }, { max_age: 'soon' }],
    ['in another way', { acr: 'password' }, { acr_values: 'mfa' }],
    ['in no way that is said', {}, { acr_values: 'mfa' }],
    ['in a way that only contains the one asked for', { acr: 'mfa phr' }, { acr_values: 'mfa phr' }],
    ['in several ways', { acr: ['mfa'] }, { acr_values: 'mfa' }],
    ['in the right way, but too long ago', { acr: 'mfa', auth_time: 1 }, { acr_values: 'mfa', max_age: '600' }],
  ]
  for (const [title, claims, asked] of refused) {
    it(`is not enough: ${title}`, () => assert.throws(() => check(claims, asked), refusal))
  }
})
