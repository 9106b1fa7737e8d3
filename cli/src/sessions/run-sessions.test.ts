import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { RedisUnavailable } from '@postern/shared/session/redis/redis-failure.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { SessionsForOperators } from './find-sessions.ts'
import { runSessions, type SessionsRequest } from './run-sessions.ts'
import { duration } from './sessions-text.ts'

const now = new Date('2026-05-04T12:00:00Z')
const minutes = 60_000
const hours = 60 * minutes

const ada = aSession(now.getTime(), {
  issuedAtMs: now.getTime() - 2 * hours,
  lastUsedAtMs: now.getTime() - 5 * minutes,
  expiresAtMs: now.getTime() + 12 * hours,
  idleTimeoutMs: 30 * minutes,
  sealedTokens: 'sealed-and-nobodys-business',
})
const grace = aSession(now.getTime(), {
  expiresAtMs: now.getTime() + 5 * minutes,
  identity: { userId: 'g-1', email: undefined, name: 'Grace \u001b[31mHopper\u202e', claims: {} },
})

async function run(request: SessionsRequest, options: { json?: boolean; sessions?: readonly Session[] } = {}) {
  await using store = new MemorySessionStore({ now: () => now })
  for (const session of options.sessions ?? [ada, grace]) await store.create(session)
  const answer = await runWith(store, request, options.json)
  const left = await store.list(10)
  return { ...answer, left: left.kind === 'listed' ? left.sessions.map(({ handle }) => handle) : [] }
}

async function runWith(store: SessionsForOperators, request: SessionsRequest, json = false) {
  const output: string[] = []
  const errors: string[] = []
  const host = { print: (line: string) => void output.push(line), printError: (line: string) => void errors.push(line) }
  const code = await runSessions(request, { store, host, now, json })
  return { code, output: output.join('\n'), errors: errors.join('\n') }
}

describe('postern sessions list', () => {
  it('is a table, with what could confuse a terminal taken out', async () => {
    const { code, output } = await run({ kind: 'list', who: undefined, limit: 10 })
    assert.equal(code, 0)
    assert.deepEqual(output.split('\n'), [
      'PERSON              SIGNED IN  LAST USED  ENDS       SESSION',
      '──────────────────  ─────────  ─────────  ─────────  ───────────────────────────────────────────',
      `ada@example.com     2 h ago    5 min ago  in 25 min  ${ada.handle}`,
      `Grace \ufffd[31mHopper\ufffd  0 s ago    0 s ago    in 5 min   ${grace.handle}`,
    ])
  })

  it('is JSON for programs, without tokens', async () => {
    const { output } = await run({ kind: 'list', who: 'ada', limit: 10 }, { json: true })
    assert.deepEqual(JSON.parse(output), {
      sessions: [
        {
          session: ada.handle,
          userId: 'ada',
          email: 'ada@example.com',
          name: 'Ada',
          issuer: 'https://idp.example.com',
          signedInAt: '2026-05-04T10:00:00.000Z',
          lastUsedAt: '2026-05-04T11:55:00.000Z',
          endsAt: '2026-05-04T12:25:00.000Z',
          expiresAt: '2026-05-05T00:00:00.000Z',
          claims: { groups: ['eng', 7, true], empty: [] },
        },
      ],
      hasMore: false,
    })
  })

  it('says when there are more', async () => {
    const { output } = await run({ kind: 'list', who: undefined, limit: 1 })
    assert.match(output, /ada@example\.com/)
    assert.match(output, /\n\nThese are the last 1 to end; --limit shows more\.$/)
  })

  it('says when nobody is signed in, and that is fine', async () => {
    const nobody = await run({ kind: 'list', who: undefined, limit: 10 }, { sessions: [] })
    assert.deepEqual([nobody.code, nobody.output], [0, 'Nobody is signed in.'])
    const stranger = await run({ kind: 'list', who: 'mallory', limit: 10 })
    assert.deepEqual([stranger.code, stranger.output], [0, 'mallory is not signed in.'])
  })
})

describe('postern sessions show', () => {
  it('says all that is known, but no token', async () => {
    for (const who of ['Ada@Example.com', 'ada', ada.handle]) {
      const { code, output } = await run({ kind: 'show', who })
      assert.equal(code, 0)
      assert.deepEqual(output.split('\n'), [
        `Session    ${ada.handle}`,
        'Person     Ada <ada@example.com>',
        'User id    ada at https://idp.example.com',
        'Signed in  2026-05-04 10:00:00 UTC, 2 h ago',
        'Last used  2026-05-04 11:55:00 UTC, 5 min ago',
        'Ends       2026-05-05 00:00:00 UTC, in 12 h',
        '           or after 30 min without use',
        'Claims     groups: eng, 7, true',
        '           empty:',
      ])
    }
    const { output } = await run({ kind: 'show', who: 'ada' }, { json: true })
    assert.doesNotMatch(output, /sealed/)
  })

  it('fails where there is nothing to show', async () => {
    const { code, output, errors } = await run({ kind: 'show', who: 'mallory' })
    assert.deepEqual([code, output], [1, ''])
    assert.match(errors, /^There is no session of mallory/)
  })
})

describe('postern sessions revoke', () => {
  for (const [title, request, message, left] of [
    [
      'a person',
      { kind: 'revoke', who: 'ADA@example.com' },
      'Ended 1 session. Every replica refuses it from now on.',
      [grace.handle],
    ],
    [
      'one session',
      { kind: 'revoke', who: grace.handle },
      'Ended 1 session. Every replica refuses it from now on.',
      [ada.handle],
    ],
    ['everybody', { kind: 'revoke-all' }, 'Ended 2 sessions. Every replica refuses them from now on.', []],
  ] as const) {
    it(`ends the sessions of ${title}, and no others`, async () => {
      assert.deepEqual(await run(request), { code: 0, output: message, errors: '', left })
    })
  }

  it('fails where there is nothing to end', async () => {
    const stranger = await run({ kind: 'revoke', who: 'mallory' }, { json: true })
    assert.deepEqual([stranger.code, JSON.parse(stranger.output)], [1, { ended: 0 }])
    const nobody = await run({ kind: 'revoke-all' }, { sessions: [] })
    assert.deepEqual([nobody.code, nobody.errors], [1, 'Nobody is signed in.'])
  })

  it('ends what began while it was ending the others', async () => {
    await using store = new MemorySessionStore({ now: () => now })
    await store.create(ada)
    const late = aSession(now.getTime())
    let isFirst = true
    const busy: SessionsForOperators = {
      find: (handle) => store.find(handle),
      list: (limit) => store.list(limit),
      endAll: () => store.endAll(),
      listByPerson: (person) => store.listByPerson(person),
      async end(handle) {
        if (isFirst) await store.create(late)
        isFirst = false
        return store.end(handle)
      },
    }
    const { output } = await runWith(busy, { kind: 'revoke', who: 'ada' })
    assert.match(output, /^Ended 2 sessions/)
    assert.deepEqual(await store.find(late.handle), { kind: 'absent' })
  })
})

it('a store that does not answer is told as such, whatever was asked', async () => {
  const down = () => Promise.resolve({ kind: 'unavailable', cause: new RedisUnavailable('econnrefused') } as const)
  const store = { find: down, end: down, list: down, listByPerson: down, endAll: down }
  for (const request of [
    { kind: 'list', who: undefined, limit: 1 },
    { kind: 'list', who: ada.handle, limit: 1 },
    { kind: 'show', who: 'ada' },
    { kind: 'revoke', who: 'ada' },
    { kind: 'revoke-all' },
  ] as const) {
    const { code, errors } = await runWith(store, request)
    assert.deepEqual([code, errors], [1, 'Redis does not answer: econnrefused'])
  }
})

it('a store that stops answering half way is told as such', async () => {
  await using store = new MemorySessionStore({ now: () => now })
  await store.create(ada)
  const listByPerson = (person: string) => store.listByPerson(person)
  const down = () => Promise.resolve({ kind: 'unavailable', cause: new RedisUnavailable('timeout') } as const)
  const failing = { find: down, end: down, list: down, listByPerson, endAll: down }
  const { code, output, errors } = await runWith(failing, { kind: 'revoke', who: 'ada' })
  assert.deepEqual([code, output, errors], [1, '', 'Redis does not answer: timeout'])
})

describe('a length of time', () => {
  for (const [ms, text] of [
    [-5, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [59 * minutes + 59_000, '59 min'],
    [2 * hours + 5 * minutes, '2 h 5 min'],
    [24 * hours, '1 d'],
    [50 * hours, '2 d 2 h'],
  ] as const) {
    it(text, () => assert.equal(duration(ms), text))
  }
})
