import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger, LogFields } from '@postern/shared/log/logger.ts'
import type { IdTokenMinter } from '@postern/shared/google-identity/id-token-minter.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { counted, samplesOf } from '../../../../test/support/counted.ts'
import { ProxyMetrics } from '../metrics.ts'
import { CachedIdTokenSource } from './id-token-source.ts'

const hello = 'https://hello-abcdef-uc.a.run.app'
const admin = 'https://admin-abcdef-uc.a.run.app'
const hour = 3600

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`
}

/** A Google whose answers a test decides, a clock that it turns, and a log that it reads. */
function bench(answer?: (audience: string, attempt: number) => string | Promise<string>, timeoutMs = 1000) {
  const state = { nowMs: Date.parse('2026-11-22T12:00:00Z'), asked: [] as string[], logged: [] as unknown[] }
  const seconds = () => Math.floor(state.nowMs / 1000)
  const token = (audience: string, lifetime = hour) =>
    jwt({ aud: audience, exp: seconds() + lifetime, n: state.asked.length })
  const google = { answer: answer ?? ((audience: string) => token(audience)) }
  const minter: IdTokenMinter = {
    name: 'the test credential',
    timeoutMs,
    mint: async (audience) => {
      state.asked.push(audience)
      await Promise.resolve()
      return google.answer(audience, state.asked.length)
    },
    advise: () => 'Do the needful.',
  }
  const write = (fields: LogFields) => void state.logged.push(fields)
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log }
  const metrics = new Metrics()
  const clock = { now: () => new Date(state.nowMs) }
  const source = new CachedIdTokenSource(minter, log, clock, new ProxyMetrics(metrics))
  const advance = (s: number) => void (state.nowMs += s * 1000)
  return { source, state, google, token, advance, metrics }
}

const at100 = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 100 }, work))
const settle = () => new Promise((resolve) => setImmediate(resolve))
const unavailable = () => Promise.reject(Object.assign(new Error('backend error'), { status: 503 }))
const failed = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

describe('an ID token for an audience', () => {
  it('is counted when Google is asked, with what came of it, and while it is in memory', async () => {
    const { source, google, metrics, advance } = bench()
    await source.idToken(hello)
    await source.idToken(hello)
    google.answer = unavailable
    await source.idToken(admin).catch(() => undefined)
    const mints = (audience: string, result: string) =>
      counted(metrics, 'postern_proxy_google_token_mints_total', { audience, result })
    assert.deepEqual([mints(hello, 'ok'), mints(admin, 'TOKEN_MINT_FAILED')], [1, 1])
    assert.equal(counted(metrics, 'postern_proxy_google_token_mint_duration_seconds'), 2)
    advance(60)
    const held = () => counted(metrics, 'postern_proxy_google_tokens_cached')
    const lifetimes = () => samplesOf(metrics, 'postern_proxy_google_token_lifetime_seconds').map(({ value }) => value)
    assert.deepEqual([held(), lifetimes()], [1, [hour - 60]])
    advance(hour)
    assert.deepEqual([held(), lifetimes()], [0, []])
    await source[Symbol.asyncDispose]()
    assert.equal(held(), 0)
  })

  it('is asked for once, however many wait for the first one', async () => {
    const { source, state } = bench()
    const tokens = await at100(() => source.idToken(hello))
    assert.equal(new Set(tokens).size, 1)
    assert.equal(state.asked.length, 1)
    await at100(() => source.idToken(hello))
    assert.equal(state.asked.length, 1)
  })

  it('never crosses over to another audience, under 200 mixed requests on a cold cache', async () => {
    const { source, state } = bench()
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const audience = index % 2 === 0 ? hello : admin
        const claims = Buffer.from((await source.idToken(audience)).split('.')[1] ?? '', 'base64url').toString()
        assert.equal((JSON.parse(claims) as { aud: string }).aud, audience)
      }),
    )
    assert.deepEqual(state.asked.toSorted(), [admin, hello])
  })

  it('is renewed four minutes before its end, in the background, the old one served meanwhile', async () => {
    const { source, state, advance } = bench()
    const first = await source.idToken(hello)
    advance(hour - 241)
    assert.equal(await source.idToken(hello), first)
    assert.equal(state.asked.length, 1)
    advance(2)
    assert.deepEqual(new Set(await at100(() => source.idToken(hello))), new Set([first]))
    await settle()
    assert.equal(state.asked.length, 2)
    assert.notEqual(await source.idToken(hello), first)
  })

  it('is not asked for again at once when Google hands out one that ends soon', async () => {
    const { source, state, google, token, advance } = bench()
    google.answer = (audience) => token(audience, 200)
    await source.idToken(hello)
    await at100(() => source.idToken(hello))
    assert.equal(state.asked.length, 1)
    advance(15)
    await at100(() => source.idToken(hello))
    await settle()
    assert.equal(state.asked.length, 2)
  })

  it('serves on when renewing fails, and only ends thirty seconds before its real end', async () => {
    const { source, google, advance } = bench()
    const first = await source.idToken(hello)
    google.answer = unavailable
    for (const seconds of [hour - 200, 60, 60, 49]) {
      advance(seconds)
      assert.equal(await source.idToken(hello), first)
      await settle()
    }
    advance(2)
    await assert.rejects(source.idToken(hello), failed('TOKEN_MINT_FAILED'))
  })

  it('asks once for a hundred failures, then not at all until the back-off is over, then recovers', async () => {
    const { source, state, google, token, advance } = bench(unavailable)
    await Promise.all(Array.from({ length: 100 }, () => assert.rejects(source.idToken(hello))))
    assert.equal(state.asked.length, 1)
    await Promise.all(Array.from({ length: 100 }, () => assert.rejects(source.idToken(hello))))
    assert.equal(state.asked.length, 1)
    advance(1)
    await assert.rejects(source.idToken(hello))
    advance(1) // the second pause is two seconds
    await assert.rejects(source.idToken(hello))
    assert.equal(state.asked.length, 2)
    google.answer = (audience) => token(audience)
    advance(1)
    await source.idToken(hello)
    assert.equal(state.asked.length, 3)
  })

  it('starts over with a short back-off after a success', async () => {
    const { source, state, google, token, advance } = bench(unavailable)
    for (let round = 0; round < 5; round += 1) {
      await assert.rejects(source.idToken(hello))
      advance(30)
    }
    google.answer = (audience) => token(audience)
    await source.idToken(hello)
    google.answer = unavailable
    advance(2 * hour)
    await assert.rejects(source.idToken(hello))
    const before = state.asked.length
    advance(1)
    await assert.rejects(source.idToken(hello))
    assert.equal(state.asked.length, before + 1)
  })

  it('never waits longer than thirty seconds between attempts', async () => {
    const { source, state, advance } = bench(unavailable)
    for (let round = 0; round < 12; round += 1) {
      await assert.rejects(source.idToken(hello))
      advance(30)
    }
    assert.equal(state.asked.length, 12)
  })

  it('fails alone: other audiences keep working', async () => {
    const { source, google, token } = bench()
    google.answer = (audience) => (audience === hello ? unavailable() : token(audience))
    await assert.rejects(source.idToken(hello))
    await source.idToken(admin)
  })

  it('gives up on a Google that never answers', async () => {
    const { source } = bench(() => new Promise(() => undefined), 5)
    await assert.rejects(source.idToken(hello), /TOKEN_MINT_FAILED.*no answer within 5 ms/)
  })

  it('says which credential, which audience, what Google answered and what to do', async () => {
    const { source, state } = bench(() =>
      Promise.reject(Object.assign(new Error("Permission 'x' denied"), { status: 403 })),
    )
    await assert.rejects(source.idToken(hello), {
      code: 'TOKEN_MINT_FORBIDDEN',
      message:
        `TOKEN_MINT_FORBIDDEN: no ID token for ${hello} with the test credential: ` +
        "Google answered 403: Permission 'x' denied. Do the needful.",
    })
    assert.equal(state.logged.length, 1)
  })

  it('keeps tokens, keys and assertions out of errors and logs', async () => {
    const leaked = jwt({ aud: hello, secret: 'in a token' })
    const text = `bad ${leaked} ya29.a0AfH6SM -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----`
    const { source, state } = bench(() => Promise.reject(Object.assign(new Error(text), { config: { data: leaked } })))
    const error = await source.idToken(hello).catch((caught: unknown) => caught)
    const everything = `${String(error)} ${JSON.stringify([error, state.logged])} ${String((error as Error).cause)}`
    for (const secret of [leaked, 'ya29', 'MIIE']) assert.ok(!everything.includes(secret), everything)
  })
})

describe('an answer that is no usable token is refused, after asking once more', () => {
  const { token, state } = bench()
  const nowSeconds = state.nowMs / 1000
  const useless: readonly [string, string][] = [
    ['nothing', ''],
    ['an HTML page', '<html><body>Sign in to the Wi-Fi</body></html>'],
    ['a JSON error', '{"error":"internal"}'],
    ['two megabytes', `${'a'.repeat(700_000)}.${'b'.repeat(700_000)}.${'c'.repeat(700_000)}`],
    ['a token longer than any header', jwt({ aud: hello, exp: nowSeconds + hour, padding: 'x'.repeat(10_000) })],
    ['three parts that are no JWT', 'a.b.c'],
    ['a token of another audience', token(admin)],
    ['a token for several audiences', jwt({ aud: [hello, admin], exp: nowSeconds + hour })],
    ['a token without expiry', jwt({ aud: hello })],
    ['a token whose expiry is a text', jwt({ aud: hello, exp: String(nowSeconds + hour) })],
    ['an expired token', token(hello, -1)],
    ['a token that ends in five seconds', token(hello, 5)],
  ]
  for (const [what, answer] of useless) {
    it(what, async () => {
      const { source, state } = bench(() => answer)
      await assert.rejects(source.idToken(hello), failed('TOKEN_MINT_FAILED'))
      assert.equal(state.asked.length, 2)
    })
  }

  it('but a good second answer is good', async () => {
    const { source, google, token } = bench()
    google.answer = (audience, attempt) => (attempt === 1 ? '' : token(audience))
    assert.match(await source.idToken(hello), /^ey/)
  })
})

describe('a token that the upstream refused', () => {
  it('is replaced once, and a fresh one is not given up, so that no loop is possible', async () => {
    const { source, state, advance } = bench()
    const first = await source.idToken(hello)
    advance(600)
    source.invalidate(hello, first)
    const second = await source.idToken(hello)
    assert.notEqual(second, first)
    for (let round = 0; round < 50; round += 1) {
      source.invalidate(hello, second)
      assert.equal(await source.idToken(hello), second)
    }
    assert.equal(state.asked.length, 2)
  })

  it('only counts while it is the one we hold', async () => {
    const { source, state, advance } = bench()
    await source.idToken(hello)
    advance(600)
    source.invalidate(hello, 'another.token.entirely')
    source.invalidate(admin, 'another.token.entirely')
    await source.idToken(hello)
    assert.equal(state.asked.length, 1)
  })
})

describe('the source as a whole', () => {
  it('warms audiences a few at a time, each once, and survives those that fail', async () => {
    const state = { running: 0, most: 0 }
    const { source, state: asked } = bench(async (audience) => {
      state.most = Math.max(state.most, (state.running += 1))
      await settle()
      state.running -= 1
      return audience.endsWith('3')
        ? unavailable()
        : jwt({ aud: audience, exp: Date.parse('2026-11-22T13:00:00Z') / 1000 })
    })
    const audiences = Array.from(
      { length: 20 },
      (_, index) => `https://s${String(index)}.a.run.app/${String(index % 10)}`,
    )
    source.warm([...audiences, ...audiences])
    while (asked.asked.length < 20 || state.running > 0) await settle()
    await settle()
    assert.ok(state.most <= 4)
    assert.equal(new Set(asked.asked).size, 20)
    const before = asked.asked.length
    await source.idToken(audiences[0] ?? '')
    assert.equal(asked.asked.length, before)
  })

  it('remembers a thousand audiences and forgets the least used', async () => {
    const { source, state } = bench()
    await source.idToken('first')
    await source.idToken('second')
    for (let index = 0; index < 998; index += 1) await source.idToken(`audience-${String(index)}`)
    await source.idToken('first')
    await source.idToken('one more')
    const before = state.asked.length
    await source.idToken('first')
    assert.equal(state.asked.length, before)
    await source.idToken('second')
    assert.equal(state.asked.length, before + 1)
  })

  it('does not trust a token, nor a back-off, from before the clock was set back', async () => {
    const { source, state, google, token, advance } = bench()
    await source.idToken(hello)
    advance(-2 * hour)
    google.answer = unavailable
    await assert.rejects(source.idToken(hello))
    advance(-2 * hour)
    google.answer = (audience) => token(audience)
    await source.idToken(hello)
    assert.equal(state.asked.length, 3)
  })
})
