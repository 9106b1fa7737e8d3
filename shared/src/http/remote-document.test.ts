import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RemoteDocument } from './remote-document.ts'

const minute = 60_000

function documentAt(answers: (string | Error)[]): {
  document: RemoteDocument
  fetches: () => number
  advance: (ms: number) => void
} {
  let fetches = 0
  let now = Date.parse('2026-11-22T12:00:00Z')
  const document = new RemoteDocument({
    fetch: () => {
      const answer = answers[Math.min(fetches, answers.length - 1)]
      fetches += 1
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? '')
    },
    freshMs: 5 * minute,
    maxStaleMs: 24 * 60 * minute,
    clock: { now: () => new Date(now) },
  })
  return { document, fetches: () => fetches, advance: (ms) => (now += ms) }
}

describe('a document at the IdP', () => {
  it('is read once for everybody who asks at the same time', async () => {
    const { document, fetches } = documentAt(['one'])
    assert.deepEqual(await Promise.all([document.read(), document.read(), document.read()]), ['one', 'one', 'one'])
    assert.equal(fetches(), 1)
  })

  it('is read again when it is no longer fresh', async () => {
    const { document, fetches, advance } = documentAt(['one', 'two'])
    await document.read()
    advance(4 * minute)
    assert.equal(await document.read(), 'one')
    advance(2 * minute)
    assert.equal(await document.read(), 'two')
    assert.equal(fetches(), 2)
  })

  it('is kept when the IdP is away, for a day (REL-J2)', async () => {
    const { document, advance } = documentAt(['one', new Error('away')])
    await document.read()
    advance(6 * minute)
    assert.equal(await document.read(), 'one')
    advance(25 * 60 * minute)
    await assert.rejects(document.read(), /away/)
  })

  it('is asked for with growing pauses while it fails', async () => {
    const { document, fetches, advance } = documentAt([new Error('away')])
    for (let second = 0; second < 60; second += 1) {
      await assert.rejects(document.read(), /away/)
      advance(1_000)
    }
    assert.equal(fetches(), 6, 'at 0, 1, 3, 7, 15 and 31 seconds')
  })

  it('recovers without a restart', async () => {
    const { document, advance } = documentAt([new Error('away'), 'back'])
    await assert.rejects(document.read())
    advance(1_000)
    assert.equal(await document.read(), 'back')
  })

  it('is read anew at once for an unknown key, but a flood of them is throttled (REL-J1, REL-J3)', async () => {
    const { document, fetches, advance } = documentAt(['one', 'two', 'three'])
    await document.read()
    advance(5_000)
    assert.equal(await document.readAnew(), 'two', 'the first unknown key: a rotation')
    for (let attempt = 0; attempt < 1_000; attempt += 1) assert.equal(await document.readAnew(), 'two')
    assert.equal(fetches(), 2)
    advance(56_000)
    assert.equal(await document.readAnew(), 'three')
  })
})
