import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { html, safeHref } from './html.ts'

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style><svg onload=alert(1)>',
  '&lt;script&gt;',
]

describe('html', () => {
  for (const value of hostile) {
    it(`shows a value as text: ${value}`, () => {
      const markup = html`<p title="${value}">${value}</p>`.toString()
      assert.match(markup, /^<p title="[^"<>]*">[^<>]*<\/p>$/)
    })
  }

  it('shows what looks like an entity as it was written', () => {
    assert.equal(html`${'&amp;'}`.toString(), '&amp;amp;')
  })

  it('puts markup into markup, and lists one after the other', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`)
    assert.equal(
      html`<ul>
        ${items}
      </ul>`
        .toString()
        .replaceAll(/\s+/g, ''),
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>',
    )
  })

  it('leaves out what is absent, but not zero or the empty text', () => {
    assert.equal(html`[${undefined}${false}${0}${''}]`.toString(), '[0]')
  })

  it('refuses an object that only looks like markup', () => {
    const fake = { toString: () => '<script>' } as unknown as string
    assert.throws(() => html`${fake}`, TypeError)
  })

  it('makes characters visible that could turn a text around', () => {
    assert.equal(html`${'evil\u202Egnp.exe\0'}`.toString(), 'evil\uFFFDgnp.exe\uFFFD')
  })
})

describe('safeHref', () => {
  const cases = [
    ['/.pomerium/', '/.pomerium/'],
    ['https://auth.example.com/sign_in?a=1', 'https://auth.example.com/sign_in?a=1'],
    ['http://localhost:8080/', 'http://localhost:8080/'],
    ['javascript:alert(1)', '#'],
    [' javascript:alert(1)', '#'],
    ['data:text/html,x', '#'],
    ['//evil.example', '#'],
    ['/\\evil.example', '#'],
    ['relative', '#'],
  ]
  for (const [address, expected] of cases) {
    it(`${address} becomes ${expected}`, () => assert.equal(safeHref(address!), expected))
  }
})
