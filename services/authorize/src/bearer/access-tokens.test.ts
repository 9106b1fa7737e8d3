import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { AccessTokens, type AccessTokenVerdict } from './access-tokens.ts'
import { decodeVerdict } from './decode-verdict.ts'

const waitMs = 5_000
const identity = { userId: 'ada', email: undefined, name: undefined, claims: {} }

function good(expiresAtMs?: number): AccessTokenVerdict {
  const statement = { issuer: 'https://idp.example', audiences: ['api'], identity, issuedAtMs: undefined, expiresAtMs }
  return { kind: 'valid', statement }
}

/** Tokens by the answers of a scripted provider, at a time that stands still until it is moved. */
function bench(answer: (idpId: string, token: string) => Promise<AccessTokenVerdict> = () => Promise.resolve(good())) {
  const asked: string[] = []
  const time = { ms: 1_000_000 }
  const verify = (idpId: string, token: string): Promise<AccessTokenVerdict> => {
    asked.push(`${idpId} ${token}`)
    return answer(idpId, token)
  }
  return { asked, time, tokens: new AccessTokens({ verify, clock: { now: () => new Date(time.ms) } }) }
}

describe('what is known of an access token', () => {
  it('is known for a minute, and no longer than the token lives', async () => {
    const { asked, time, tokens } = bench((_, token) =>
      Promise.resolve(good(token === 'short' ? 1_010_000 : undefined)),
    )
    for (const [token, knownMs] of [
      ['short', 10_000],
      ['endless', 60_000],
    ] as const) {
      time.ms = 1_000_000
      asked.length = 0
      await tokens.verify('a', token, waitMs)
      time.ms += knownMs - 1
      await tokens.verify('a', token, waitMs)
      assert.equal(asked.length, 1, token)
      time.ms += 1
      await tokens.verify('a', token, waitMs)
      assert.equal(asked.length, 2, token)
    }
  })

  it('ends with what is known where the provider names no end', async () => {
    const { tokens } = bench()
    const verdict = await tokens.verify('a', 'endless', waitMs)
    assert.equal(verdict.kind === 'valid' && verdict.statement.expiresAtMs, 1_060_000)
  })

  it('is known for one client at one provider alone, whatever the ids are (CACHE-05, CACHE-06)', async () => {
    const { asked, tokens } = bench()
    for (const [idpId, token] of [
      ['a', 'b c'],
      ['a b', 'c'],
      ['', 'a b c'],
    ] as const) {
      await tokens.verify(idpId, token, waitMs)
    }
    assert.equal(asked.length, 3)
  })

  it('is asked for once by all who ask at the same time, for each client', async () => {
    const answer = Promise.withResolvers<AccessTokenVerdict>()
    const { asked, tokens } = bench(() => answer.promise)
    const all = ['a', 'a', 'b', 'a'].map((idpId) => tokens.verify(idpId, 't', waitMs))
    answer.resolve(good())
    assert.ok((await Promise.all(all)).every(({ kind }) => kind === 'valid'))
    assert.deepEqual(asked, ['a t', 'b t'])
  })

  it('is not kept when there was no answer: who asks next asks again', async () => {
    let away = true
    const { asked, tokens } = bench(() => {
      return away ? Promise.reject(new PosternError('IDP_UNAVAILABLE', 'away')) : Promise.resolve(good())
    })
    await assert.rejects(tokens.verify('a', 't', waitMs), { code: 'IDP_UNAVAILABLE' })
    away = false
    assert.equal((await tokens.verify('a', 't', waitMs)).kind, 'valid')
    assert.equal(asked.length, 2)
  })

  it('comes too late for a check that is over, and in time for the next', async () => {
    const answer = Promise.withResolvers<AccessTokenVerdict>()
    const { asked, tokens } = bench(() => answer.promise)
    await assert.rejects(tokens.verify('a', 't', 100), { code: 'IDP_UNAVAILABLE' })
    answer.resolve(good())
    await answer.promise
    assert.equal((await tokens.verify('a', 't', waitMs)).kind, 'valid')
    assert.equal(asked.length, 1)
  })

  it('is not asked for when a stranger makes us ask for too much at once; what is known stays known', async () => {
    const answer = Promise.withResolvers<AccessTokenVerdict>()
    const { asked, tokens } = bench((_, token) => (token === 'known' ? Promise.resolve(good()) : answer.promise))
    await tokens.verify('a', 'known', waitMs)
    const flood = Array.from({ length: 100 }, (_, index) => tokens.verify('a', `made-up-${String(index)}`, waitMs))
    const settled = Promise.allSettled(flood)
    assert.equal((await tokens.verify('a', 'known', waitMs)).kind, 'valid')
    assert.equal(asked.length, 1 + 64)
    answer.resolve({ kind: 'refused', why: 'not active' })
    assert.equal((await settled).filter(({ status }) => status === 'rejected').length, 36)
    assert.equal((await tokens.verify('a', 'afterwards', waitMs)).kind, 'refused')
  })

  it('is nothing for a token beyond all reason, which nobody is asked about', async () => {
    const { asked, tokens } = bench()
    assert.equal((await tokens.verify('a', 'x'.repeat(16_385), waitMs)).kind, 'refused')
    assert.deepEqual(asked, [])
  })
})

describe('an answer of authenticate about an access token', () => {
  const message = {
    outcome: 'OUTCOME_VALID',
    whyRefused: '',
    issuer: 'https://idp.example',
    audiences: ['api'],
    userId: 'ada',
    email: '',
    name: '',
    claimsJson: '{"__proto__":["x"],"constructor":["y"]}',
    issuedAtMs: 0,
    expiresAtMs: 5,
  }

  it('leaves out what the provider does not say, and claims keep any name', () => {
    const verdict = decodeVerdict(message)
    assert.ok(verdict.kind === 'valid')
    const { identity: who, issuedAtMs, expiresAtMs } = verdict.statement
    assert.deepEqual([who.email, who.name, issuedAtMs, expiresAtMs], [undefined, undefined, undefined, 5])
    assert.deepEqual(Object.entries(who.claims), [
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ])
  })

  it('that is not understood is none', () => {
    for (const changed of [{ outcome: 'OUTCOME_UNSPECIFIED' }, { outcome: '7' }, { userId: '' }]) {
      assert.throws(() => decodeVerdict({ ...message, ...changed }), { code: 'AUTHENTICATE_UNAVAILABLE' })
    }
  })
})
