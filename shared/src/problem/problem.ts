import type { ErrorCode } from '../errors/catalogue.ts'

/** What a person or a program is told when Postern answers instead of the application. Nothing internal is in here. */
export interface Problem {
  readonly code: ErrorCode
  /** Normally the catalogue's status; a decision may carry its own (403, 404, 495). */
  readonly status: number
  readonly requestId: string
  /** What happened, in one sentence; the catalogue's unless the case knows better. */
  readonly says: string
  /** What to do about it. */
  readonly advice: string
  /** Buttons on the page, in order: "Start again", "Sign out", … */
  readonly actions: readonly ProblemAction[]
  /** Shown as label and value: who is signed in, which host. Escaped by the renderer. */
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  /** The policy trace; only for routes with `show_error_details`. */
  readonly explanation: string | undefined
  /** Where a program can send its user to sign in (401). */
  readonly signInUrl: string | undefined
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
}

export interface ProblemAction {
  readonly label: string
  readonly href: string
  /** POST actions become a form: signing out changes state. */
  readonly method: 'GET' | 'POST'
}

/** `kubernetes`: the `Status` object that kubectl shows. */
export type ProblemFormat = 'html' | 'json' | 'text' | 'grpc' | 'grpc-web' | 'kubernetes'

export interface RenderedProblem {
  readonly status: number
  /** Complete: content type, `cache-control: no-store`, CSP, `x-pomerium-intercepted-response`, `postern-error`, `x-request-id`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
