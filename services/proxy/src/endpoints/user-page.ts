import { renderUserInfoPage } from '@postern/shared/pages/user-info-page.ts'
import { problemOfCode } from '@postern/shared/problem/problem-from-error.ts'
import type { Claims } from '@postern/shared/vocabulary/identity.ts'
import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import { answerProblem } from '../answers/problem-answer.ts'
import type { SessionDescription } from '../check/access-checker.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'

/** About the token it came in, not about the person. */
const tokenClaims: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'iat', 'jti'])

const toApplication = { label: 'Go to the application', href: '/', method: 'GET' } as const
const signOutButton = { label: 'Sign out', href: '/.pomerium/sign_out', method: 'POST' } as const

export function redirectToUserPage(_deps: EndpointDeps, { visit }: OwnVisit): void {
  giveAnswer(visit, { status: 302, headers: { ...ownHeaders(visit.requestId), location: '/.pomerium/' }, body: '' })
}

/** `/.pomerium/`: who the proxy thinks the visitor is. */
export async function answerUserPage(deps: EndpointDeps, own: OwnVisit): Promise<void> {
  const { visit, arrival } = own
  const session = await findSession(deps, own)
  const { headers, body } = renderUserInfoPage({
    requestId: visit.requestId,
    host: arrival.host.host,
    person: session && { id: session.userId, name: session.name, email: session.email, groups: groupsOf(session) },
    session: session && { ...session, issuer: issuerOf(session) },
    claims: session?.claims ?? {},
    actions: [toApplication, ...(session === undefined ? [] : [signOutButton])],
  })
  giveAnswer(visit, { status: 200, headers: { ...headers, ...ownHeaders(visit.requestId) }, body })
}

/** `/.pomerium/user`: the same for a program. */
export async function answerUserJson(deps: EndpointDeps, own: OwnVisit): Promise<void> {
  const { visit } = own
  const session = await findSession(deps, own)
  if (session === undefined) {
    answerProblem(visit, problemOfCode('SIGN_IN_REQUIRED', visit.requestId))
    return
  }
  const claims = Object.entries(session.claims).filter(([name]) => !tokenClaims.has(name))
  giveAnswer(visit, {
    status: 200,
    headers: {
      ...ownHeaders(visit.requestId),
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    },
    body: JSON.stringify({
      sub: session.userId,
      ...Object.fromEntries(claims.map(([name, values]) => [name, plain(values)])),
    }),
  })
}

function findSession({ checker }: EndpointDeps, { arrival }: OwnVisit): Promise<SessionDescription | undefined> {
  return checker.describeSession(arrival.host.host, arrival.presented.credential)
}

/** Claims are lists to policies; to a program a single value is that value, as the identity provider sent it. */
function plain(values: Claims[string]): unknown {
  return values.length === 1 ? values[0] : values
}

function groupsOf({ claims }: SessionDescription): string[] {
  return (claims['groups'] ?? []).map(String)
}

function issuerOf({ claims }: SessionDescription): string | undefined {
  const [issuer] = claims['iss'] ?? []
  return typeof issuer === 'string' ? issuer : undefined
}
