import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthenticate } from '@postern/authenticate/service.ts'
import { startAuthorize } from '@postern/authorize/service.ts'
import { systemClock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig, AuthorizeConfig, SigningKeyConfig } from '@postern/shared/config/model.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import { openChannel } from '@postern/shared/grpc/channel.ts'
import { authenticateService } from '@postern/shared/grpc/contracts.ts'
import { targetOf } from '@postern/shared/grpc/target.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import { Secret } from '@postern/shared/secret.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import type { CheckAnswer } from '@postern/shared/vocabulary/check.ts'
import { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { WebClient } from '../../support/web-client.ts'
import { aRoute, ask, authorizeConfig, host } from '../check/authorize-support.ts'
import { openChecker, quiet } from '../check/support.ts'

const authenticateUrl = new URL('https://authenticate.example.com/')
const callFailures = {
  timeoutMs: 5_000,
  unavailable: 'AUTHENTICATE_UNAVAILABLE',
  deadline: 'AUTHENTICATE_UNAVAILABLE',
} as const

/** The secrets of one service; the first signs. */
export interface Secrets {
  readonly shared: readonly string[]
  readonly cookie?: readonly string[]
  readonly signing?: SigningKeyConfig
}

/** Somebody with a browser: the cookies of authenticate, and the credential of the route. */
export interface Person {
  cookies: ReadonlyMap<string, string>
  credential: string | undefined
}

/** Authorize and authenticate around one store, each of which can be started anew with other secrets. */
export class Deployment implements AsyncDisposable {
  readonly store = new MemorySessionStore()
  readonly idp: MisbehavingIdp
  readonly #folder: string
  #authorize: RunningAuthorize | undefined
  #authenticate: RunningAuthenticate | undefined

  private constructor(idp: MisbehavingIdp, folder: string) {
    this.idp = idp
    this.#folder = folder
  }

  static async start(secrets: Secrets): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), 'postern-keys-'))
    const deployment = new Deployment(await MisbehavingIdp.start(systemClock), folder)
    await deployment.restartAuthenticate(secrets)
    await deployment.restartAuthorize(secrets)
    return deployment
  }

  async restartAuthorize(secrets: Secrets): Promise<void> {
    await this.#authorize?.[Symbol.asyncDispose]()
    this.#authorize = await startAuthorizeWith(secrets, this.store)
  }

  async restartAuthenticate(secrets: Secrets): Promise<void> {
    await this.#authenticate?.[Symbol.asyncDispose]()
    this.#authenticate = await startAuthenticateWith(secrets, this.store, this.idp, join(this.#folder, 'grpc'))
  }

  check({ credential }: Person): Promise<CheckAnswer> {
    return this.#checker.check(ask(credential))
  }

  async publishedKeyIds(): Promise<readonly string[]> {
    const { keys } = JSON.parse(await this.#checker.keySet()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }

  /** Follows authorize's link; a person whom authenticate does not know any more signs in at the IdP. */
  async signIn(person: Person): Promise<{ readonly atIdp: boolean }> {
    const answer = await this.check({ ...person, credential: undefined })
    if (answer.kind !== 'sign-in') throw new Error(`expected to be sent to sign in, got ${answer.kind}`)
    const { browser, channel } = this.#forBrowser(person)
    const start = await browser.get(answer.url)
    const atIdp = start.location.origin === this.idp.issuer
    const { location } = atIdp ? await browser.get(this.idp.approve(start.location)) : start
    const ticket = location.searchParams.get('pomerium_ticket') ?? ''
    const request = { ticket, host, signInBinding: answer.binding }
    const redeemed = await callUnary(channel, authenticateService.RedeemTicket, request, callFailures)
    person.cookies = browser.jar
    person.credential = redeemed.credential
    return { atIdp }
  }

  /** What authorize asks for when the IdP's tokens of a session are about to run out. */
  async refresh(person: Person): Promise<string> {
    const answer = await this.check(person)
    if (answer.kind !== 'allow') throw new Error(`expected to be let in, got ${answer.kind}`)
    const { channel } = this.#forBrowser(person)
    const request = { sessionHandle: answer.session?.handle ?? '' }
    return (await callUnary(channel, authenticateService.RefreshSession, request, callFailures)).outcome
  }

  /** Goes as far as the IdP; `finish` comes back from there. */
  async beginSignIn(person: Person): Promise<{ finish: () => Promise<number> }> {
    const answer = await this.check({ ...person, credential: undefined })
    if (answer.kind !== 'sign-in') throw new Error(`expected to be sent to sign in, got ${answer.kind}`)
    const { browser } = this.#forBrowser(person)
    const { location } = await browser.get(answer.url)
    person.cookies = browser.jar
    return {
      finish: async () => (await this.#forBrowser(person).browser.get(this.idp.approve(location))).status,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#authorize?.[Symbol.asyncDispose]()
    await this.#authenticate?.[Symbol.asyncDispose]()
    await this.idp[Symbol.asyncDispose]()
    await this.store[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true })
  }

  get #checker() {
    if (!this.#authorize) throw new Error('authorize does not run')
    return this.#authorize.checker
  }

  #forBrowser(person: Person) {
    if (!this.#authenticate) throw new Error('authenticate does not run')
    const browser = new WebClient(this.#authenticate.port)
    for (const [name, value] of person.cookies) browser.jar.set(name, value)
    return { browser, channel: this.#authenticate.channel }
  }
}

type RunningAuthorize = Awaited<ReturnType<typeof startAuthorizeWith>>
type RunningAuthenticate = Awaited<ReturnType<typeof startAuthenticateWith>>

function inModel(texts: readonly string[]): { first: Secret; accepted: readonly Secret[] } {
  const [first, ...accepted] = texts.map((text) => new Secret(text))
  if (!first) throw new Error('a secret is needed')
  return { first, accepted }
}

async function startAuthorizeWith({ shared, signing }: Secrets, sessions: MemorySessionStore) {
  await using starting = new AsyncDisposableStack()
  const { first, accepted } = inModel(shared)
  const config: AuthorizeConfig = authorizeConfig([aRoute({ passIdentityHeaders: true })], {
    sharedSecret: first,
    acceptedSharedSecrets: accepted,
    ...(signing ? { signingKey: signing } : {}),
  })
  const service = starting.use(await startAuthorize(fixed(config), { log: quiet, sessions }))
  const { grpc } = service.addresses
  if (!grpc) throw new Error('authorize listens for gRPC')
  const checker = starting.use(await openChecker([targetOf(grpc)]))
  const running = starting.move()
  return { checker, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function startAuthenticateWith(
  { shared, cookie = shared }: Secrets,
  sessions: MemorySessionStore,
  idp: MisbehavingIdp,
  socket: string,
) {
  await using starting = new AsyncDisposableStack()
  const [sharedSecrets, cookieSecrets] = [inModel(shared), inModel(cookie)]
  const config: AuthenticateConfig = {
    revision: 'r1',
    logLevel: 'info',
    cookie: { name: '_postern', sameSite: undefined, domain: undefined, httpOnly: true, expireMs: 3_600_000 },
    authenticateUrl,
    grpc: { listen: { kind: 'unix', path: socket }, security: { kind: 'insecure' }, clientTimeoutMs: 5_000 },
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: undefined,
    healthListen: undefined,
    sharedSecret: sharedSecrets.first,
    acceptedSharedSecrets: sharedSecrets.accepted,
    cookieSecret: cookieSecrets.first,
    acceptedCookieSecrets: cookieSecrets.accepted,
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
    returnHosts: [{ scheme: 'https', host, port: undefined }],
    signOutRedirectUrl: undefined,
    trustedHops: 0,
  }
  const service = starting.use(await startAuthenticate(fixed(config), { log: quiet, sessions }))
  const channel = starting.use(
    await openChannel(`unix:${socket}`, { security: { kind: 'insecure' }, self: 'proxy', service: 'authenticate' }),
  )
  const { http } = service.addresses
  const running = starting.move()
  return {
    channel,
    port: http?.kind === 'tcp' ? http.port : 0,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
