import type { GrpcConfig, ProxyConfig } from '@postern/shared/config/model.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { CheckAnswer, CheckQuestion, PresentedCredential } from '@postern/shared/vocabulary/check.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { ProxyMetrics } from '../metrics.ts'
import type { Lookup } from './address-book.ts'

/** Asks the decision point. Not getting an answer is an error, and an error is a 503: never a pass. */
export interface AccessChecker extends AsyncDisposable {
  /**
   * One decision, within `checkTimeoutMs` from now, all attempts included.
   * @throws PosternError `PDP_UNAVAILABLE`, `PDP_DEADLINE`, or the code with which authorize could not decide
   *   (`SESSION_STORE_UNAVAILABLE`, `PDP_ROUTE_UNKNOWN`, `INTERNAL`).
   */
  check(question: CheckQuestion): Promise<CheckAnswer>

  /** Whoever holds a long-lived connection for a session that is named here asks again. */
  onSessionsChanged(listener: SessionChangeListener): Disposable

  /** Who is behind a credential on a host; `undefined` when nobody is. @throws PosternError as `check` does. */
  describeSession(host: string, credential: PresentedCredential | undefined): Promise<SessionDescription | undefined>

  /**
   * A signed URL of authenticate, good for five minutes, at which this session ends. `returnUrl`: where the person can go
   * on to afterwards, on this host. @throws PosternError as `check` does.
   */
  createSignOutUrl(host: string, credential: PresentedCredential | undefined, returnUrl: string): Promise<string>

  /**
   * A signed URL of authenticate, good for five minutes, at which a person signs in.
   * @throws PosternError `RETURN_TO_REFUSED` for a program that waits where none may, and as `check` does.
   */
  createSignInUrl(wanted: SignInUrlWanted): Promise<SignInUrl>

  /** The public keys of the identity assertion: a JWK set (RFC 7517) as JSON. @throws PosternError as `check` does. */
  keySet(): Promise<string>

  /** Whether a check asked now has somebody to go to. */
  isReady(): boolean
}

/** A sign-in that is no answer to a check: for a program, or the next part of one to several hosts. */
export type SignInUrlWanted = { readonly host: string; readonly routeId: string } & (
  | { readonly programRedirectUri: string }
  | {
      /** What is left of it, as authenticate sealed it. */
      readonly chain: string
      /** The value of this browser's sign-in binding cookie on this host. */
      readonly signInBinding: string | undefined
    }
)

export interface SignInUrl {
  readonly url: string
  /** To keep in this host's sign-in binding cookie; empty for a program. */
  readonly binding: string
}

export type SessionChange =
  | { readonly kind: 'sessions'; readonly handles: readonly string[] }
  /** Any session may have changed, or the policy did. */
  | { readonly kind: 'all' }

export type SessionChangeListener = (change: SessionChange) => void

/** What a session page shows. No token is ever among it. */
export interface SessionDescription extends Identity {
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type AccessCheckerConfig = Pick<ProxyConfig, 'authorizeTargets' | 'checkMode' | 'checkTimeoutMs'> & {
  readonly grpc: Pick<GrpcConfig, 'security' | 'clientTimeoutMs'>
}

export interface AccessCheckerDeps {
  readonly log: Logger
  /** Left out: nothing is counted. */
  readonly metrics?: Pick<ProxyMetrics, 'checkRetried' | 'show'>
  /** How host names become addresses. */
  readonly lookup?: Lookup
  /** Streams are replaced at about this age, so that new instances of authorize get work. */
  readonly streamMaxAgeMs?: number
  /** How many checks may wait for answers at once; what comes beyond fails at once. */
  readonly maxInFlight?: number
}
