import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownCookieNames } from '../request/own-cookies.ts'
import { buildResponseHeaders, type ResponseHeaderPlan } from './response-headers.ts'

const plan: ResponseHeaderPlan = {
  set: ['X-Frame-Options', 'DENY'],
  overridden: new Set(['x-frame-options']),
  rewrites: undefined,
  cookies: ownCookieNames('_p'),
  trusted: false,
}

const build = (...raw: string[]): string[] | undefined => buildResponseHeaders(raw, plan, 'id')

describe('the headers of an answer', () => {
  it('are the upstream’s in its order, between our id and what the route sets', () => {
    assert.deepEqual(build('X-B', '1', 'x-a', '2', 'X-B', '3'), [
      'x-request-id',
      'id',
      'X-B',
      '1',
      'x-a',
      '2',
      'X-B',
      '3',
      'X-Frame-Options',
      'DENY',
    ])
  })

  it('lose what is between two neighbours, what the upstream nominates, and what the route overrides', () => {
    const raw = ['Connection', 'close, X-Private', 'X-Private', '1', 'Keep-Alive', 'x', 'x-frame-options', 'ALLOWALL']
    assert.deepEqual(build(...raw), ['x-request-id', 'id', 'X-Frame-Options', 'DENY'])
  })

  it('cannot lose their framing by nomination', () => {
    assert.ok(build('Connection', 'content-length', 'Content-Length', '2')?.includes('Content-Length'))
  })

  it('lose our cookies, not those that look alike', () => {
    const headers = build(
      'Set-Cookie',
      '_p=x',
      'Set-Cookie',
      ' _p_csrf =x',
      'Set-Cookie',
      '_prefs=x',
      'set-cookie',
      'a=_p=1',
    )
    assert.deepEqual(
      headers?.filter((value) => value.includes('=')),
      ['_prefs=x', 'a=_p=1'],
    )
  })

  it('keep bytes above 0x7f as they are', () => {
    assert.deepEqual(buildResponseHeaders([Buffer.from('X-N'), Buffer.from([0xc5, 0x82])], plan, 'id')?.slice(2, 4), [
      'X-N',
      '\xc5\x82',
    ])
  })
})
