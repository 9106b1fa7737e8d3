import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthenticate } from '@postern/authenticate/service.ts'
import type { Clock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { signUrl } from '@postern/shared/crypto/signed-url.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import { openChannel, type GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import type { LogFields, Logger } from '@postern/shared/log/logger.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { Secret } from '@postern/shared/secret.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { MisbehavingIdp, type Misbehaviour } from './misbehaving-idp.ts'
import { recordingLog } from './recording-log.ts'
import { WebClient, type WebAnswer } from './web-client.ts'

const callFailures = {
  timeoutMs: 5_000,
  unavailable: 'AUTHENTICATE_UNAVAILABLE',
  deadline: 'AUTHENTICATE_UNAVAILABLE',
} as const

export interface AuthenticateOptions {
  readonly configure?: (config: AuthenticateConfig) => AuthenticateConfig
  /** What the IdP does from the start. */
  readonly idp?: Misbehaviour
  /** Wraps or replaces the store in memory. */
  readonly store?: (store: MemorySessionStore) => SessionStore
}

/** A clock that can be turned ahead of the real time. */
export class TurnedClock implements Clock {
  aheadMs = 0
  now(): Date {
    return new Date(Date.now() + this.aheadMs)
  }
}

/** The real service with a provider that does as it is told, seen from a browser and from a proxy. */
export class AuthenticateUnderTest implements AsyncDisposable {
  readonly authenticateUrl = new URL('https://auth.test')
  readonly binding = 'the binding cookie of this browser'
  readonly clock = new TurnedClock()
  readonly log: ReturnType<typeof recordingLog>
  /** What an operator reads: the lines of the real logger. */
  readonly logText: readonly string[]
  /** What was counted. */
  readonly metrics: Metrics
  readonly store: MemorySessionStore
  readonly idp: MisbehavingIdp
  readonly port: number
  readonly sharedSecret: Secret
  readonly #channel: GrpcChannel
  readonly #opened: AsyncDisposableStack

  private constructor(parts: {
    store: MemorySessionStore
    idp: MisbehavingIdp
    sharedSecret: Secret
    opened: AsyncDisposableStack
    channel: GrpcChannel
    port: number
    log: ReturnType<typeof recordingLog>
    logText: readonly string[]
    metrics: Metrics
    clock: TurnedClock
  }) {
    this.store = parts.store
    this.idp = parts.idp
    this.port = parts.port
    this.log = parts.log
    this.logText = parts.logText
    this.metrics = parts.metrics
    this.clock = parts.clock
    this.sharedSecret = parts.sharedSecret
    this.#channel = parts.channel
    this.#opened = parts.opened
  }

  static async start(options: AuthenticateOptions = {}): Promise<AuthenticateUnderTest> {
    await using opening = new AsyncDisposableStack()
    const clock = new TurnedClock()
    const idp = opening.use(await MisbehavingIdp.start(clock, options.idp))
    const log = recordingLog()
    const logText: string[] = []
    const metrics = new Metrics()
    const destination = { write: (line: string) => void logText.push(line) }
    const written = createLogger({ service: 'authenticate', level: 'debug', format: 'json', destination })
    const store = opening.use(new MemorySessionStore(clock))
    const folder = await mkdtemp(join(tmpdir(), 'postern-authenticate-'))
    opening.defer(() => rm(folder, { recursive: true }))
    const sharedSecret = new Secret(randomBytes(32).toString('base64'))
    const config = aConfig(idp, sharedSecret, join(folder, 'grpc'))
    const service = opening.use(
      await startAuthenticate(fixed(options.configure?.(config) ?? config), {
        log: bothLogs(log, written),
        metrics,
        clock,
        sessions: options.store?.(store) ?? store,
      }),
    )
    const channel = opening.use(
      await openChannel(`unix:${join(folder, 'grpc')}`, {
        security: { kind: 'insecure' },
        self: 'proxy',
        service: 'authenticate',
      }),
    )
    const { http } = service.addresses
    const port = http?.kind === 'tcp' ? http.port : 0
    const opened = opening.move()
    return new AuthenticateUnderTest({ store, idp, sharedSecret, opened, channel, port, log, logText, metrics, clock })
  }

  newBrowser(): WebClient {
    return new WebClient(this.port)
  }

  /** The link that authorize makes for somebody who is not signed in. */
  signInLink(
    target = 'https://app.test/deep/link?q=1',
    options: { binding?: string; lifetimeMs?: number; more?: Readonly<Record<string, string>> } = {},
  ): URL {
    const link = new URL('/.pomerium/sign_in', this.authenticateUrl)
    link.searchParams.set(queryParameters.redirectUri, target)
    link.searchParams.set(queryParameters.binding, hashBinding(options.binding ?? this.binding))
    for (const [name, value] of Object.entries(options.more ?? {})) link.searchParams.set(name, value)
    return this.sign(link, options.lifetimeMs)
  }

  sign(link: URL, lifetimeMs = 300_000): URL {
    const key = deriveKey(this.sharedSecret, keyPurposes.signedUrl)
    return signUrl(link, key, this.clock.now(), lifetimeMs)
  }

  /** From the link to the IdP and back: the answer to the callback. */
  async signIn(browser: WebClient, link = this.signInLink()): Promise<WebAnswer> {
    const { location } = await browser.get(link)
    return browser.get(this.idp.approve(location))
  }

  /** The session of the last sign-in that succeeded. */
  lastSession(): SessionHandle {
    const event = this.log.lines.findLast(({ message, fields }) => message === 'sign-in' && fields['outcome'] === 'ok')
    const handle = parseSessionHandle(String(event?.fields['session-id']))
    if (handle === undefined) throw new Error('nobody signed in')
    return handle
  }

  redeem(answer: WebAnswer, overrides: { host?: string; signInBinding?: string } = {}) {
    const ticket = answer.location.searchParams.get(queryParameters.ticket) ?? ''
    const request = { ticket, host: 'app.test', signInBinding: this.binding, ...overrides }
    return callUnary(this.#channel, authenticateService.RedeemTicket, request, callFailures)
  }

  async refresh(sessionHandle: string): Promise<string> {
    const answer = await callUnary(this.#channel, authenticateService.RefreshSession, { sessionHandle }, callFailures)
    return answer.outcome
  }

  reportUse(uses: { sessionHandle: string; lastUsedAtMs: number }[]) {
    return callUnary(this.#channel, authenticateService.ReportUse, { uses }, callFailures)
  }

  /** Everything that must not be read anywhere: tokens, codes, cookies, tickets, keys. */
  secrets(browser: WebClient): readonly string[] {
    const cookies = [...browser.jar.values()].filter((value) => value.length > 20)
    return [...this.idp.secrets, ...cookies, this.idp.clientSecret, this.sharedSecret.reveal()].filter(Boolean)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync()
  }
}

function bothLogs(one: Logger, other: Logger): Logger {
  const both =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      one[level](fields, message)
      other[level](fields, message)
    }
  return {
    debug: both('debug'),
    info: both('info'),
    warn: both('warn'),
    error: both('error'),
    child: (fields) => bothLogs(one, other.child(fields)),
  }
}

function aConfig(idp: MisbehavingIdp, sharedSecret: Secret, socket: string): AuthenticateConfig {
  return {
    revision: 'r1',
    logLevel: 'info',
    cookie: { name: '_pomerium', sameSite: undefined, domain: undefined, httpOnly: true, expireMs: 14 * 3_600_000 },
    authenticateUrl: new URL('https://auth.test'),
    grpc: { listen: { kind: 'unix', path: socket }, security: { kind: 'insecure' }, clientTimeoutMs: 5_000 },
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: undefined,
    healthListen: undefined,
    sharedSecret,
    cookieSecret: new Secret(randomBytes(32).toString('base64')),
    redis: undefined,
    idp: {
      provider: 'oidc',
      issuer: new URL(idp.issuer),
      clientId: idp.clientId,
      clientSecret: new Secret(idp.clientSecret),
      scopes: undefined,
      requestParams: undefined,
    },
    sessionIdleTimeoutMs: 0,
    returnHosts: [
      { scheme: 'https', host: 'app.test', port: undefined },
      { scheme: 'https', host: 'other.test', port: undefined },
    ],
    signOutRedirectUrl: undefined,
    trustedHops: 0,
  }
}
