import type { OutgoingHttpHeaders } from 'node:http'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { problemOfCode } from '@postern/shared/problem/problem-from-error.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { countReturns, HostCookies } from '../access/host-cookies.ts'
import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import { answerProblem } from '../answers/problem-answer.ts'
import { canonicalHost } from '../request/canonical-host.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'

/**
 * The last step of a sign-in: the one-time ticket becomes this host's session cookie, and the person goes on to where
 * they wanted to be. A second use is refused, except that somebody who is signed in already is just sent home.
 */
export async function completeSignIn(deps: EndpointDeps, own: OwnVisit): Promise<void> {
  const { visit, arrival } = own
  const redeemed = await redeem(deps, own)
  if (redeemed === 'signed-in-already') {
    giveAnswer(visit, { status: 302, headers: redirectHeaders(visit.requestId, '/'), body: '' })
    return
  }
  if (redeemed === 'refused') {
    const actions = [{ label: 'Start again', href: '/', method: 'GET' as const }]
    answerProblem(visit, problemOfCode('TICKET_INVALID', visit.requestId, { actions }))
    return
  }
  const cookies = new HostCookies(visit.state.config.cookie, arrival.host.name)
  const lifetimeMs = redeemed.expiresAtMs - deps.clock.now().getTime()
  giveAnswer(visit, {
    status: 302,
    headers: {
      ...redirectHeaders(
        visit.requestId,
        redeemed.continueAt === undefined ? destination(redeemed.redirectUri, own) : next(redeemed.continueAt, own),
      ),
      'set-cookie': [
        cookies.session(redeemed.credential, lifetimeMs),
        cookies.returns(countReturns(arrival.cookies.returns) + 1),
      ],
    },
    body: '',
  })
}

type Redeemed = Awaited<ReturnType<EndpointDeps['tickets']['redeem']>>

async function redeem(
  { tickets, checker }: EndpointDeps,
  { arrival }: OwnVisit,
): Promise<Redeemed | 'signed-in-already' | 'refused'> {
  const { host, cookies, presented, query } = arrival
  const parameters = new URLSearchParams(query)
  const [ticket, ...more] = parameters.getAll(queryParameters.ticket)
  try {
    if (ticket === undefined || more.length > 0) throw new PosternError('TICKET_INVALID', 'not exactly one ticket')
    // Which of this browser's bindings the ticket was made for; the ticket itself says it under its seal.
    const expected = parameters.get(queryParameters.binding)
    const signInBinding = cookies.bindings.find((binding) => hashBinding(binding) === expected) ?? cookies.bindings[0]
    return await tickets.redeem({ ticket, host: host.host, signInBinding })
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'TICKET_INVALID') throw error
    if (cookies.session === undefined) return 'refused'
    const session = await checker.describeSession(host.host, presented.credential)
    return session === undefined ? 'refused' : 'signed-in-already'
  }
}

/** Authenticate checked it; nobody is sent to another host, or round in circles, all the same. */
function destination(redirectUri: string, { arrival, scheme }: OwnVisit): string {
  const url = URL.parse(redirectUri)
  const isHere = url?.protocol === `${scheme}:` && canonicalHost(url.host)?.host === arrival.host.host
  if (url === null || !isHere) throw new PosternError('TICKET_INVALID', 'the ticket leads to another host')
  const isOwnAction = url.pathname.startsWith('/.pomerium/') && url.pathname !== '/.pomerium/'
  return isOwnAction ? '/' : url.href
}

/** The sign-in goes on at another host of ours, or is back from there. */
function next(continueAt: string, { visit }: OwnVisit): string {
  const host = canonicalHost(URL.parse(continueAt)?.host ?? '')
  if (host === undefined || !visit.state.table.knowsHost(host)) {
    throw new PosternError('TICKET_INVALID', 'the sign-in would go on where no route is')
  }
  return continueAt
}

function redirectHeaders(requestId: string, location: string): OutgoingHttpHeaders {
  return { ...ownHeaders(requestId), location, 'referrer-policy': 'no-referrer' }
}
