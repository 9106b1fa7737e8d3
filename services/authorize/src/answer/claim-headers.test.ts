import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isWritableHeader } from '@postern/shared/wire/headers.ts'
import { claimHeaderValue, claimValues } from './claim-headers.ts'

const cases = [
  ['one value', ['ada@example.com'], 'ada@example.com'],
  ['several values', ['eng', 'ops'], 'eng,ops'],
  ['a comma inside a value', ['eng,admins'], 'eng%2Cadmins'],
  ['a quoted comma', ['"x,y"@example.com'], '"x%2Cy"@example.com'],
  ['a line break', ['a\r\nX-Evil: 1'], 'a%0D%0AX-Evil: 1'],
  ['letters beyond ASCII', ['Łucja Wróbel'], '%C5%81ucja Wr%C3%B3bel'],
  ['what looks encoded already', ['100%2C'], '100%252C'],
  ['spaces at the ends, which a parser would drop', [' admin '], '%20admin%20'],
  ['half a character', ['\ud800'], '%EF%BF%BD'],
  ['numbers and truth', [7, true], '7,true'],
  ['nothing', [], ''],
  ['null', [null], ''],
] as const

describe('a claim as a header', () => {
  for (const [title, values, expected] of cases) {
    it(title, () => {
      assert.equal(claimHeaderValue(values), expected)
      assert.ok(isWritableHeader(['x', expected]))
    })
  }
})

describe('a claim by its name', () => {
  const identity = {
    userId: 'ada',
    email: undefined,
    name: 'Ada',
    claims: { email: ['a@b.c'], name: ['no'], sub: ['no'] },
  }

  it('is what the identity says, before what the IdP calls the same', () => {
    assert.deepEqual(claimValues(identity, 'name'), ['Ada'])
    assert.deepEqual(claimValues(identity, 'sub'), ['ada'])
    assert.deepEqual(claimValues(identity, 'email'), ['a@b.c'])
  })

  it('is nothing when it only exists on every object', () => {
    for (const name of ['constructor', '__proto__', 'toString']) assert.deepEqual(claimValues(identity, name), [])
  })
})
