import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { domainOf, foldCase } from './email.ts'

describe('case', () => {
  it('is folded for ASCII letters', () => assert.equal(foldCase('Ada@Example.COM'), 'ada@example.com'))
  it('is left alone elsewhere: the Kelvin sign is no k, the dotted I no i', () => {
    assert.equal(foldCase('\u212A\u0130Ä'), '\u212A\u0130Ä')
  })
})

describe('the domain of an address', () => {
  const rows = [
    ['ada@example.com', 'example.com'],
    ['ada@example.com ', 'example.com '],
    ['example.com', ''],
    ['@example.com', ''],
    ['a@b@example.com', ''],
    ['"a@b"@example.com', ''],
    ['ada@', ''],
    ['', ''],
  ] as const
  for (const [address, domain] of rows) {
    it(`${JSON.stringify(address)} → ${JSON.stringify(domain)}`, () => assert.equal(domainOf(address), domain))
  }
})
