import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import { isNavigation } from '@postern/shared/problem/negotiate.ts'
import { problemOfCode } from '@postern/shared/problem/problem-from-error.ts'
import type { ProblemAction } from '@postern/shared/problem/problem.ts'
import type { CheckAnswer } from '@postern/shared/vocabulary/check.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { ownHeaders, giveAnswer } from '../answers/answer.ts'
import { pageAddress } from '../answers/page-address.ts'
import { answerProblem } from '../answers/problem-answer.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import { countReturns, HostCookies, maxReturns } from './host-cookies.ts'
import { readableRefusal } from './readable-refusal.ts'

type Denied = Extract<CheckAnswer, { kind: 'deny' }>
type SignIn = Extract<CheckAnswer, { kind: 'sign-in' }>

const deniedCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'CREDENTIALS_AMBIGUOUS'],
  [404, 'ROUTE_NOT_FOUND'],
  [495, 'CLIENT_CERTIFICATE_REQUIRED'],
])

/** A program's token is no good (RFC 6750, 3.1). It is never sent to sign in: the next token may be better. */
function refuseBearer(visit: Visit, arrival: Arrival, status: number): void {
  answerProblem(visit, problemOfCode('BEARER_TOKEN_REFUSED', visit.requestId, { status }), {
    'www-authenticate': `Bearer realm="${arrival.host.name}", error="invalid_token"`,
  })
}

/** A decision against this person, who is told so: never a redirect to sign in again. */
export function refuseDenied(visit: Visit, arrival: Arrival, denied: Denied): void {
  const { status, bearerRefused = false } = denied
  if (bearerRefused || status === 401) return refuseBearer(visit, arrival, status)
  const code = deniedCodes.get(denied.status) ?? 'ACCESS_DENIED'
  const facts = [{ label: 'Address', value: arrival.host.host }]
  if (denied.email !== undefined) facts.unshift({ label: 'Signed in as', value: denied.email })
  const nobody = code === 'ACCESS_DENIED' && denied.email === undefined
  answerProblem(
    visit,
    problemOfCode(code, visit.requestId, {
      status: denied.status,
      facts: code === 'ACCESS_DENIED' ? facts : [],
      explanation: denied.explanation,
      ...(nobody ? deniedToAnybody : {}),
      actions: denied.email === undefined ? [] : waysOnFor(visit, arrival),
    }),
  )
}

/** The policy refuses the request itself, whoever asks: signing in would not mend it. */
const deniedToAnybody = {
  says: 'The policy of this application does not allow this request.',
  advice: 'Ask the owner of the application for access.',
}

function waysOnFor({ request }: Visit, arrival: Arrival): readonly ProblemAction[] {
  // A script's address is no page to come back to.
  const page = isNavigation(request.method ?? '', request.headers) ? pageAddress(arrival) : '/'
  const back = new URLSearchParams({ [queryParameters.redirectUri]: page })
  return [
    { label: 'Sign in as somebody else', href: `/.pomerium/sign_out?${back.toString()}`, method: 'POST' },
    { label: 'About my session', href: '/.pomerium/', method: 'GET' },
  ]
}

/**
 * Nobody is signed in: a browser that navigates is sent to authenticate, anything else is told where a person could
 * sign in. Somebody who comes back from there again and again without a session is stopped (security case RED-22).
 */
export function refuseUnauthenticated(visit: Visit, arrival: Arrival, answer: SignIn): void {
  const cookies = new HostCookies(visit.state.config.cookie, arrival.host.name)
  const setCookies = answer.credentialRefused ? [cookies.clearSession()] : []
  if (!canBeRedirected(visit, arrival)) {
    const problem = problemOfCode('SIGN_IN_REQUIRED', visit.requestId, { signInUrl: answer.url })
    answerProblem(visit, problem, {
      ...readableRefusal(visit),
      'www-authenticate': `Bearer realm="${arrival.host.name}"`,
      ...(setCookies.length > 0 ? { 'set-cookie': setCookies } : {}),
    })
    return
  }
  if (countReturns(arrival.cookies.returns) >= maxReturns) {
    const again = [{ label: 'Start again', href: pageAddress(arrival), method: 'GET' as const }]
    const problem = problemOfCode('SIGN_IN_LOOP', visit.requestId, { actions: again })
    // With another binding authenticate counts afresh, too.
    const cleared = [cookies.clearReturns(), ...cookies.clearBindings(arrival.cookies.bindings)]
    answerProblem(visit, problem, { 'set-cookie': [...setCookies, ...cleared] })
    return
  }
  setCookies.push(cookies.binding(answer.binding))
  giveAnswer(visit, {
    status: 302,
    headers: { ...ownHeaders(visit.requestId), location: answer.url, 'set-cookie': setCookies },
    body: '',
  })
}

/** A program that sends its credential itself cannot follow a redirect to a page for people (pomerium-facts §6.2). */
function canBeRedirected({ request }: Visit, arrival: Arrival): boolean {
  const carrier = arrival.presented.credential?.carrier
  return (carrier === undefined || carrier === 'cookie') && isNavigation(request.method ?? '', request.headers)
}
