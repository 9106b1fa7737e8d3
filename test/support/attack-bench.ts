import { after, afterEach, before } from 'node:test'
import assert from 'node:assert/strict'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import type { IdTokenSource } from '../../services/proxy/src/google-identity/id-token-source.ts'
import { allow, signIn, type Decide } from './fake-checker.ts'
import {
  aliceCookie,
  aliceOnly,
  aRoute,
  noTokens,
  startProxyUnderTest,
  type ProxyUnderTest,
} from './proxy-under-test.ts'
import { sendRaw, type RawAnswer } from './raw-client.ts'
import { ok, Recorder, type RecordedRequest } from './recorder.ts'

/** The routes of `reference/security-cases.md` §2.2, all to one recorder. */
export interface Bench {
  readonly proxy: ProxyUnderTest
  readonly upstream: Recorder
  /** Sends bytes as they are; `responses` is how many answers to wait for. */
  send(bytes: string | Buffer, responses?: number): Promise<RawAnswer>
  /** The one request that the upstream saw. */
  onlyRequest(): RecordedRequest
  /** The process is well: the next plain request is answered. */
  assertAlive(): Promise<void>
}

export const idToken = 'header.payload.signature'

export const identityHeaders = [
  ['x-pomerium-jwt-assertion', 'assertion-of-alice'],
  ['x-pomerium-claim-email', 'alice@example.com'],
] as const

/** `pub.test` and `/public` of `api.test` are public; everything else is Alice's. */
const decide: Decide = (question) => {
  const { host, path } = question.facts
  if (host === 'pub.test' || (host === 'api.test' && path.startsWith('/public'))) return allow()
  const answer = aliceOnly(question)
  if (answer instanceof Promise || answer.kind !== 'allow') return answer
  if (host === 'admin.test') return signIn()
  return { ...answer, setHeaders: identityHeaders }
}

const tokens: IdTokenSource = { ...noTokens, idToken: () => Promise.resolve(idToken) }

/** Starts the bench for a file of attack tests and stops it after them. */
export function attackBench(config: Partial<ProxyConfig> = {}): Bench {
  let proxy: ProxyUnderTest | undefined
  let upstream: Recorder | undefined
  before(async () => {
    upstream = await Recorder.start()
    const { url } = upstream
    const serverless = { audience: 'https://hello.a.run.app', header: 'x-serverless-authorization' } as const
    proxy = await startProxyUnderTest({
      decide,
      idTokens: tokens,
      config,
      routes: [
        aRoute('app.test', url, { serverless, passIdentityHeaders: true }),
        aRoute('admin.test', url, { serverless }),
        aRoute('api.test', url, { pathMatch: { kind: 'prefix', prefix: '/public' } }),
        aRoute('api.test', url),
        aRoute('ws.test', url, { allowWebsockets: true, timeoutMs: 0, idleTimeoutMs: 0 }),
        aRoute('pub.test', url),
        aRoute('rewrite.test', url, { pathMatch: { kind: 'prefix', prefix: '/v1' }, prefixRewrite: '/internal/v1' }),
      ],
    })
  })
  afterEach(() => upstream?.reset())
  after(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
  })
  const bench: Bench = {
    get proxy() {
      return started(proxy)
    },
    get upstream() {
      return started(upstream)
    },
    send: (bytes, responses) => sendRaw(bench.proxy.port, bytes, responses),
    onlyRequest() {
      const { requests } = bench.upstream
      assert.equal(requests.length, 1, `the upstream saw ${requests.map(({ line }) => line).join(' | ')}`)
      return requests[0]!
    },
    async assertAlive() {
      bench.upstream.reply = ok
      const answer = await bench.send(get('/alive'))
      assert.equal(answer.status, 200)
    },
  }
  return bench
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the bench is started by its before hook')
  return value
}

/** Alice's request on app.test, unless told otherwise; each extra line without its line end. */
export function get(target: string, lines: readonly string[] = [], method = 'GET'): string {
  return request(`${method} ${target} HTTP/1.1`, ['Host: app.test', `Cookie: ${aliceCookie}`, ...lines])
}

export function request(line: string, lines: readonly string[] = [], body = ''): string {
  return `${[line, ...lines].join('\r\n')}\r\n\r\n${body}`
}
