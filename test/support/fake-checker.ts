import type {
  AccessChecker,
  SessionChange,
  SessionChangeListener,
  SessionDescription,
  SignInUrl,
  SignInUrlWanted,
} from '../../services/proxy/src/check/access-checker.ts'
import type { CheckAnswer, CheckQuestion, PresentedCredential } from '@postern/shared/vocabulary/check.ts'

export type Decide = (question: CheckQuestion) => CheckAnswer | Promise<CheckAnswer>

/** An AccessChecker whose decisions a test makes, and which keeps what it was asked. */
export class FakeChecker implements AccessChecker {
  readonly questions: CheckQuestion[] = []
  readonly signInUrlsWanted: SignInUrlWanted[] = []
  readonly #listeners = new Set<SessionChangeListener>()
  decide: Decide
  session: SessionDescription | undefined
  readonly signOutReturns: string[] = []
  signOutUrl = 'https://auth.test/.pomerium/sign_out?signed'
  jwks = '{"keys":[]}'
  ready = true

  constructor(decide: Decide) {
    this.decide = decide
  }

  async check(question: CheckQuestion): Promise<CheckAnswer> {
    this.questions.push(question)
    return this.decide(question)
  }

  onSessionsChanged(listener: SessionChangeListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  change(change: SessionChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  async describeSession(
    _host: string,
    credential: PresentedCredential | undefined,
  ): Promise<SessionDescription | undefined> {
    return credential === undefined ? undefined : this.session
  }

  async createSignOutUrl(_host: string, _credential: unknown, returnUrl: string): Promise<string> {
    this.signOutReturns.push(returnUrl)
    return this.signOutUrl
  }

  async createSignInUrl(wanted: SignInUrlWanted): Promise<SignInUrl> {
    this.signInUrlsWanted.push(wanted)
    return { url: 'https://auth.test/.pomerium/sign_in?pomerium_signature=s', binding }
  }

  async keySet(): Promise<string> {
    return this.jwks
  }

  isReady(): boolean {
    return this.ready
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear()
  }
}

export function allow(overrides: Partial<Extract<CheckAnswer, { kind: 'allow' }>> = {}): CheckAnswer {
  return { kind: 'allow', reasons: [], setHeaders: [], removeHeaders: [], session: undefined, ...overrides }
}

export function deny(email = 'bob@example.com'): CheckAnswer {
  return { kind: 'deny', status: 403, reasons: ['email-unauthorized'], explanation: undefined, email }
}

export const binding = 'b'.repeat(43)

export function signIn(credentialRefused = false): CheckAnswer {
  const url = 'https://auth.test/.pomerium/sign_in?pomerium_signature=s'
  return { kind: 'sign-in', reasons: ['user-unauthenticated'], url, binding, credentialRefused }
}
