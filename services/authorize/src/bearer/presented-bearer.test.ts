import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { presentedBearer } from './presented-bearer.ts'

const kindOf = (...values: string[]): string => presentedBearer(new Map([['authorization', values]])).kind

describe('Authorization, on a route that takes bearer tokens', () => {
  it('holds a token after the scheme, in any case', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) assert.equal(kindOf(`${scheme} a.b.c`), 'token')
  })

  it('holds none under another scheme, or where it is missing', () => {
    assert.equal(presentedBearer(new Map()).kind, 'none')
    for (const value of ['Basic YTpi', 'Bearerx a.b.c', 'a.b.c', '']) assert.equal(kindOf(value), 'none')
  })

  it('is malformed with anything but one token', () => {
    for (const value of ['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a,b', 'Bearer "a"']) {
      assert.equal(kindOf(value), 'malformed', value)
    }
    assert.equal(kindOf('Bearer a.b.c', 'Bearer d.e.f'), 'malformed')
  })
})
