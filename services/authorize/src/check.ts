import type { Clock } from '@postern/shared/clock.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { openTokens } from '@postern/shared/session/idp-tokens.ts'
import type { Session } from '@postern/shared/session/session.ts'
import { isSignInBinding, newSignInBinding } from '@postern/shared/session/sign-in-binding.ts'
import type { CheckAnswer, CheckQuestion, HeaderPair } from '@postern/shared/vocabulary/check.ts'
import type { Decision, DenyStatus } from '@postern/shared/vocabulary/decision.ts'
import type { AuthenticateLinks } from './answer/authenticate-links.ts'
import { expandTemplates } from './answer/header-templates.ts'
import type { IdentityHeaders } from './answer/identity-headers.ts'
import { withCertificateFacts } from './certificate-facts.ts'
import type { BearerAsker, BearerTokens } from './bearer/bearer-tokens.ts'
import type { AnswerCheck } from './check-streams.ts'
import type { CompiledRoute } from './compiled-routes.ts'
import type { DecisionLog } from './decision-log.ts'
import type { AuthorizeMetrics } from './metrics.ts'
import { judge } from './policy/decide.ts'
import { explain } from './policy/explain.ts'
import { explanationText } from './policy/explanation-text.ts'
import type { CredentialResolver } from './session/credential-resolver.ts'
import type { UseRecorder } from './session/use-recorder.ts'
import type { SessionRefreshes } from './session-refreshes.ts'

export interface CheckDeps {
  /** The routes of the configuration in force. */
  readonly routes: () => ReadonlyMap<string, CompiledRoute>
  readonly links: () => AuthenticateLinks
  readonly identityHeaders: () => IdentityHeaders
  readonly credentials: Pick<CredentialResolver, 'resolveCredential'>
  readonly bearers: Pick<BearerTokens, 'find'>
  /** How long a bearer token counts at most. */
  readonly maxBearerLifetimeMs: () => number
  readonly refreshes: Pick<SessionRefreshes, 'current'>
  readonly uses: Pick<UseRecorder, 'record'>
  readonly tokenSealer: Sealer
  readonly decisions: DecisionLog
  readonly metrics: Pick<AuthorizeMetrics, 'checkTook'>
  readonly clock: Clock
  readonly random: RandomBytes
}

/** Who asks, as far as the credential tells. */
interface Asker {
  readonly session: Session | undefined
  /** A credential came, and names nobody. */
  readonly credentialRefused: boolean
  /** The session is a bearer token's. */
  readonly isBearer?: boolean
}

const stranger: Asker = { session: undefined, credentialRefused: false }

/**
 * One check (design §2, steps 5 to 7): find the route the proxy chose, find out who asks, decide, answer. Failing to
 * decide is thrown: it is never a refusal, and never a pass.
 */
export function createCheck(deps: CheckDeps): AnswerCheck {
  return async (question, deadlineMs) => {
    const askedAt = performance.now()
    try {
      const route = deps.routes().get(question.routeId)
      if (!route) throw new PosternError('PDP_ROUTE_UNKNOWN', `no route has the id ${question.routeId}`)
      const read = { ...question, facts: withCertificateFacts(question.facts) }
      const terms = { now: deps.clock.now(), deadlineMs, maxLifetimeMs: deps.maxBearerLifetimeMs() }
      const bearer = await deps.bearers.find(route.route, read, terms)
      if (bearer.kind === 'refused') return refuseBearer(deps, read, bearer)
      const asker =
        bearer.kind === 'session'
          ? { session: bearer.session, credentialRefused: false, isBearer: true }
          : await findAsker(deps, read, route, deadlineMs)
      return await decideAndAnswer(deps, read, route, asker)
    } catch (error) {
      deps.decisions.failed(question, error)
      throw error
    } finally {
      deps.metrics.checkTook(performance.now() - askedAt)
    }
  }
}

/** Whoever shows a token that is no good is told so: no session and no sign-in makes up for it. */
function refuseBearer(
  deps: CheckDeps,
  question: CheckQuestion,
  { status, why }: Extract<BearerAsker, { kind: 'refused' }>,
): CheckAnswer {
  deps.decisions.bearerRefused(question, why)
  const bearerRefused = status !== 400
  return { kind: 'deny', status, reasons: [], explanation: undefined, email: undefined, bearerRefused }
}

async function findAsker(
  deps: CheckDeps,
  question: CheckQuestion,
  route: CompiledRoute,
  deadlineMs: number,
): Promise<Asker> {
  const now = deps.clock.now()
  try {
    const { host } = question.facts
    const resolved = await deps.credentials.resolveCredential(question.credential?.value, host, now)
    if (resolved.kind !== 'session') return resolved.kind === 'none' ? stranger : refused
    // Somebody else's word: this route takes that of another client at the IdP.
    if (!route.acceptsIdp(resolved.session.idpId)) return stranger
    const session = await deps.refreshes.current(resolved.session, deadlineMs)
    if (!session) return refused
    deps.uses.record(session, now.getTime())
    return { session, credentialRefused: false }
  } catch (error) {
    if (needsNobody(route, question, error, now)) return stranger
    throw error
  }
}

const refused: Asker = { session: undefined, credentialRefused: true }

/**
 * Whether this request passes whoever asks, and the application is not told who: then it does not matter that the
 * session store is away. The policy allows a stranger only when no rule about people could matter.
 */
function needsNobody({ route, policy }: CompiledRoute, { facts }: CheckQuestion, error: unknown, now: Date): boolean {
  if (!(error instanceof PosternError) || error.code !== 'SESSION_STORE_UNAVAILABLE') return false
  if (route.passIdentityHeaders || Object.keys(route.templatedRequestHeaders).length > 0) return false
  return judge(policy, facts, undefined, now).decision.kind === 'allow'
}

async function decideAndAnswer(
  deps: CheckDeps,
  question: CheckQuestion,
  route: CompiledRoute,
  asker: Asker,
): Promise<CheckAnswer> {
  const now = deps.clock.now()
  const { session } = asker
  const judgement = judge(route.policy, question.facts, session?.identity, now)
  const answer = await answerFor(deps, { question, route, asker, now }, judgement.decision)
  deps.decisions.decided(question, session, judgement)
  return answer
}

interface Decided {
  readonly question: CheckQuestion
  readonly route: CompiledRoute
  readonly asker: Asker
  readonly now: Date
}

async function answerFor(deps: CheckDeps, decided: Decided, decision: Decision): Promise<CheckAnswer> {
  const { reasons } = decision
  switch (decision.kind) {
    case 'allow':
      return { kind: 'allow', reasons, ...(await allowance(deps, decided)) }
    case 'deny':
      return { kind: 'deny', reasons, ...refusal(decided, decision.status) }
    case 'sign-in': {
      const { question, route, asker, now } = decided
      const { signInBinding: kept } = question
      const binding = kept !== undefined && isSignInBinding(kept) ? kept : newSignInBinding(deps.random)
      const url = deps.links().signIn(question.facts, route.route, binding, now)
      return { kind: 'sign-in', reasons, url, binding, credentialRefused: asker.credentialRefused }
    }
  }
}

type Allowance = Pick<Extract<CheckAnswer, { kind: 'allow' }>, 'setHeaders' | 'removeHeaders' | 'session'>

async function allowance(deps: CheckDeps, { question, route, asker, now }: Decided): Promise<Allowance> {
  const { session } = asker
  const { host } = question.facts
  const identity = await deps.identityHeaders().headers(route.route, session, host, now)
  return {
    setHeaders: route.templates.length === 0 ? identity : await withTemplates(deps, identity, question, route, session),
    // A token that the application got could be presented again, to another route of its host.
    removeHeaders: asker.isBearer ? [...route.identityHeaderNames, 'authorization'] : route.identityHeaderNames,
    session: session && {
      handle: session.handle,
      expiresAtMs: session.expiresAtMs,
      userId: session.identity.userId,
    },
  }
}

/** The route's own headers after the identity headers, which nothing in a configuration replaces. */
async function withTemplates(
  deps: CheckDeps,
  identity: readonly HeaderPair[],
  { facts }: CheckQuestion,
  { route, templates }: CompiledRoute,
  session: Session | undefined,
): Promise<readonly HeaderPair[]> {
  const tokens = session && openTokens(deps.tokenSealer, session.sealedTokens)
  const own = await expandTemplates(templates, {
    facts,
    jwt: () => deps.identityHeaders().assertion(route, session, facts.host, deps.clock.now()),
    idToken: () => tokens?.idToken,
    accessToken: () => tokens?.accessToken,
  })
  const taken = new Set(identity.map(([name]) => name))
  return [...identity, ...own.filter(([name]) => !taken.has(name))]
}

function refusal(
  { question, route, asker, now }: Decided,
  status: DenyStatus,
): Pick<Extract<CheckAnswer, { kind: 'deny' }>, 'status' | 'explanation' | 'email'> {
  const identity = asker.session?.identity
  const explanation = route.route.showErrorDetails
    ? explanationText(explain(route.policy, question.facts, identity, now))
    : undefined
  return { status, explanation, email: identity?.email ?? identity?.name ?? identity?.userId }
}
