import { randomBytes } from 'node:crypto'
import type { AuthorizeConfig, AuthorizeRoute } from '@postern/shared/config/model.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { targetOf } from '@postern/shared/grpc/target.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { Logger, LogFields } from '@postern/shared/log/logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import type { SessionReader } from '@postern/shared/session/session-store.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { startAuthorize, type AuthorizeDeps } from '@postern/authorize/service.ts'
import type { AccessChecker } from '../../../services/proxy/src/check/access-checker.ts'
import { openChecker, questionFor } from './support.ts'

export const host = 'hello.example.com'

export function aRoute(chosen: Partial<AuthorizeRoute> = {}): AuthorizeRoute {
  return {
    id: 'hello',
    name: undefined,
    source: 'config.yaml:3:5',
    from: { scheme: 'https', host, port: undefined },
    policy: [{ allow: { or: [{ domain: { is: 'example.com' } }] } }],
    policyPath: ['routes', 0, 'policy'],
    access: {
      allowPublicUnauthenticatedAccess: false,
      allowAnyAuthenticatedUser: false,
      corsAllowPreflight: false,
      allowedUsers: [],
      allowedDomains: [],
      allowedIdpClaims: {},
    },
    passIdentityHeaders: false,
    jwtClaimsHeaders: {},
    templatedRequestHeaders: {},
    showErrorDetails: false,
    ...chosen,
  }
}

export const publicAccess: AuthorizeRoute['access'] = { ...aRoute().access, allowPublicUnauthenticatedAccess: true }

export interface RecordedLog extends Logger {
  readonly records: readonly { readonly level: string; readonly fields: LogFields; readonly message: string }[]
}

export function recordingLog(): RecordedLog {
  const records: { level: string; fields: LogFields; message: string }[] = []
  const at =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void records.push({ level, fields, message })
  const log: RecordedLog = {
    records,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  }
  return log
}

export const secret = new Secret(randomBytes(32).toString('base64'))

export function authorizeConfig(
  routes: readonly AuthorizeRoute[],
  chosen: Partial<AuthorizeConfig> = {},
): AuthorizeConfig {
  return {
    revision: 'r1',
    logLevel: 'info',
    cookie: { name: '_postern', sameSite: undefined, domain: undefined, httpOnly: true, expireMs: 3_600_000 },
    authenticateUrl: new URL('https://authenticate.example.com/'),
    grpc: {
      listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      security: { kind: 'insecure' },
      clientTimeoutMs: 1_000,
    },
    healthListen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    sharedSecret: secret,
    signingKey: { kind: 'derived' },
    redis: undefined,
    authenticateTargets: [],
    routes,
    ...chosen,
  }
}

interface SignedIn {
  readonly session: Session
  readonly credential: string
  /** The credential that names the same session at another host. */
  readonly credentialAt: (host: string) => Promise<string>
}

export interface RunningAuthorize extends AsyncDisposable {
  readonly checker: AccessChecker
  readonly store: MemorySessionStore
  readonly log: RecordedLog
  readonly healthPort: number
  /** A session in the store and the credential that names it at `host`. */
  signIn(chosen?: Partial<Session>): Promise<SignedIn>
}

/** The real authorize behind the real client of the proxy. */
export async function startRealAuthorize(
  config: AuthorizeConfig | Live<AuthorizeConfig>,
  reader?: (store: MemorySessionStore) => SessionReader,
  deps: Partial<AuthorizeDeps> = {},
): Promise<RunningAuthorize> {
  await using starting = new AsyncDisposableStack()
  const store = starting.use(new MemorySessionStore())
  const log = recordingLog()
  const live = 'current' in config ? config : fixed(config)
  const service = starting.use(await startAuthorize(live, { log, sessions: reader?.(store) ?? store, ...deps }))
  const { grpc, health } = service.addresses
  if (!grpc || health?.kind !== 'tcp') throw new Error('authorize listens for gRPC and health')
  const checker = starting.use(await openChecker([targetOf(grpc)]))
  const credentials = new SessionCredentials(
    [deriveKey(live.current.sharedSecret, keyPurposes.sessionCredential)],
    'authenticate.example.com',
  )
  const running = starting.move()
  return {
    checker,
    store,
    log,
    healthPort: health.port,
    signIn: async (chosen = {}) => {
      const sessionId = newSessionId(randomBytes)
      const session = aSession(Date.now(), { handle: handleOf(sessionId), ...chosen })
      await store.create(session)
      const [issuedAt, expiresAt] = [new Date(), new Date(session.expiresAtMs)]
      const credentialAt = (at: string): Promise<string> =>
        credentials.issue({ sessionId, host: at, issuedAt, expiresAt })
      return { session, credential: await credentialAt(host), credentialAt }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A question about the route, with a cookie or without. */
export function ask(credential?: string, chosen: Partial<CheckQuestion> = {}): CheckQuestion {
  return {
    ...questionFor('/deep/link'),
    routeId: 'hello',
    credential: credential === undefined ? undefined : { carrier: 'cookie', value: credential },
    ...chosen,
  }
}
