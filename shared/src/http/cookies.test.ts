import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCookies, serializeCookie } from './cookies.ts'

describe('parseCookies', () => {
  it('keeps every value of a name that is sent twice, in order', () => {
    const cookies = parseCookies('_pomerium=a; theme=dark; _pomerium=b')
    assert.deepEqual(cookies.get('_pomerium'), ['a', 'b'])
    assert.deepEqual(cookies.get('theme'), ['dark'])
  })

  it('keeps values as they were sent, equals signs included', () => {
    assert.deepEqual(
      [...parseCookies('a="x y"; b=c=d;e=')],
      [
        ['a', ['"x y"']],
        ['b', ['c=d']],
        ['e', ['']],
      ],
    )
  })

  it('passes over what is no cookie', () => {
    assert.deepEqual([...parseCookies('; =x; novalue; ;a=1')], [['a', ['1']]])
    assert.equal(parseCookies(undefined).size, 0)
  })

  it('takes names like __proto__ for names', () => {
    assert.deepEqual(parseCookies('__proto__=x; constructor=y').get('__proto__'), ['x'])
  })
})

describe('serializeCookie', () => {
  it('is closed to scripts and plain HTTP unless told otherwise', () => {
    assert.equal(serializeCookie('__Host-p', 'v'), '__Host-p=v; Path=/; HttpOnly; Secure')
    assert.equal(serializeCookie('p', 'v', { httpOnly: false, secure: false }), 'p=v; Path=/')
  })

  it('writes every attribute', () => {
    const options = { path: '/.pomerium/', domain: 'example.com', maxAgeSeconds: 59.9, sameSite: 'lax' } as const
    assert.equal(
      serializeCookie('p', 'v', options),
      'p=v; Path=/.pomerium/; Domain=example.com; Max-Age=59; HttpOnly; Secure; SameSite=Lax',
    )
  })

  it('deletes with an age of zero', () => {
    assert.match(serializeCookie('p', '', { maxAgeSeconds: 0 }), /^p=; Path=\/; Max-Age=0;/)
  })

  for (const [name, value, path] of [
    ['a b', 'v', '/'],
    ['a', 'v; Domain=x', '/'],
    ['a', 'v\r\nX: y', '/'],
    ['a', 'é', '/'],
    ['a', 'v', '/;x'],
  ] as const) {
    it(`refuses what would change the header: ${JSON.stringify([name, value, path])}`, () => {
      assert.throws(() => serializeCookie(name, value, { path }), TypeError)
    })
  }
})
