import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { problemOfCode } from '../problem/problem-from-error.ts'
import { renderProblemPage } from './problem-page.ts'
import { renderSignOutPage } from './sign-out-page.ts'
import { renderSignedOutPage } from './signed-out-page.ts'
import { renderUserInfoPage } from './user-info-page.ts'
import type { RenderedPage } from './layout.ts'

const evil = `"'><script>alert(1)</script>{{7*7}}`
const fact = { label: evil, value: evil }
const links = [
  { label: evil, href: 'javascript:alert(1)', method: 'GET' as const },
  { label: evil, href: `/.pomerium/sign_out?x=${evil}`, method: 'POST' as const, fields: { [evil]: evil } },
]
const person = { id: evil, name: evil, email: evil, groups: [evil] }

const pages: Record<string, RenderedPage> = {
  problem: renderProblemPage(
    problemOfCode('ACCESS_DENIED', evil, {
      says: evil,
      advice: evil,
      facts: [fact],
      actions: links,
      explanation: evil,
    }),
  ),
  'signed out': renderSignedOutPage({ requestId: evil, signInUrl: `https://auth.example.com/?${evil}` }),
  'sign out': renderSignOutPage({
    requestId: evil,
    action: '/.pomerium/sign_out',
    fields: { csrf: evil },
    person: evil,
  }),
  'user info': renderUserInfoPage({
    requestId: evil,
    host: evil,
    person,
    session: { issuer: evil, issuedAtMs: 0, expiresAtMs: 1 },
    claims: { [evil]: evil, list: [evil], nested: { [evil]: evil } },
    actions: links,
  }),
  'nobody signed in': renderUserInfoPage({
    requestId: evil,
    host: evil,
    person: undefined,
    session: undefined,
    claims: {},
    actions: links,
  }),
}

for (const [name, page] of Object.entries(pages)) {
  describe(`the ${name} page`, () => {
    it('shows hostile text as text, and links nowhere dangerous', () => {
      assert.doesNotMatch(page.body, /<script|javascript:|onerror/i)
      assert.match(page.body, /&lt;script&gt;alert\(1\)&lt;\/script&gt;\{\{7\*7\}\}/)
    })

    it('needs no script and nothing from elsewhere', () => {
      assert.doesNotMatch(page.body, /<(?:script|img|iframe|object|embed)\b|\bsrc=|@import|url\(/i)
      assert.doesNotMatch(page.body, /\son\w+=|\sstyle="/i)
    })

    it('is allowed exactly the style it carries', () => {
      const style = /<style>([^]*?)<\/style>/.exec(page.body)?.[1] ?? ''
      const hash = createHash('sha256').update(style).digest('base64')
      const policy = page.headers['content-security-policy'] ?? ''
      assert.match(policy, /^default-src 'none'; /)
      assert.ok(policy.includes(`style-src 'sha256-${hash}'`))
      assert.ok(policy.includes("frame-ancestors 'none'") && policy.includes("base-uri 'none'"))
      assert.doesNotMatch(policy, /unsafe|script-src/)
    })

    it('is not kept, not guessed at, not told to the next page, and says it is ours', () => {
      const { headers } = page
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.equal(headers['x-pomerium-intercepted-response'], 'true')
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    })

    it('works for a screen reader and a phone', () => {
      assert.match(page.body, /^<!doctype html>\s*<html lang="en">/)
      assert.match(page.body, /<meta name="viewport" content="width=device-width/)
      assert.equal(page.body.match(/<h1/g)?.length, 1)
    })
  })
}

describe('forms', () => {
  it('are allowed only on pages that have one', () => {
    const without = renderSignedOutPage({ requestId: 'r' }).headers['content-security-policy'] ?? ''
    assert.ok(without.includes("form-action 'none'"))
    const { headers, body } = renderSignOutPage({ requestId: 'r', action: '/out', fields: { csrf: 'c' } })
    assert.ok(headers['content-security-policy']?.includes("form-action 'self'"))
    assert.match(body, /<form method="post" action="\/out">\s*<input type="hidden" name="csrf" value="c" \/>/)
  })
})

describe('the user info page', () => {
  const { body } = renderUserInfoPage({
    requestId: 'r',
    host: 'app.example.com',
    person: { id: 'ada', groups: [] },
    session: { issuer: 'https://idp.example.com', issuedAtMs: 1_795_352_700_000, expiresAtMs: 1_795_388_700_000 },
    claims: { exp: 1_795_352_700, iat: [1_795_352_700], roles: [], level: 7 },
    actions: [],
  })
  const rows = [...body.matchAll(/<dt>(.*?)<\/dt>\s*<dd>(?:<code>)?(.*?)(?:<\/code>)?<\/dd>/g)].map(
    ([, label, value]) => [label, value],
  )

  it('says times as people read them, and when there is nothing', () => {
    assert.deepEqual(rows, [
      ['User id', 'ada'],
      ['Host', 'app.example.com'],
      ['Identity provider', 'https://idp.example.com'],
      ['Signed in since', '2026-11-22 13:05:00 UTC'],
      ['Signed in until', '2026-11-22 23:05:00 UTC'],
      ['exp', '2026-11-22 13:05:00 UTC'],
      ['iat', '2026-11-22 13:05:00 UTC'],
      ['level', '7'],
      ['roles', 'none'],
    ])
    assert.match(body, /<h2>Groups<\/h2>\s*<p class="soft">none<\/p>/)
  })
})

describe('the page of a sign-in that was cancelled', () => {
  it('does not call it a denial', () => {
    const { body } = renderProblemPage(problemOfCode('IDP_DECLINED', 'r'))
    assert.match(body, /<h1 role="alert">You did not sign in<\/h1>/)
    assert.doesNotMatch(body, /Access denied/)
  })
})
