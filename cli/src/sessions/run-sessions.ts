import { exitCodes } from '@postern/shared/lifecycle/command-line.ts'
import type { ProcessHost } from '@postern/shared/lifecycle/process-host.ts'
import { RedisUnavailable } from '@postern/shared/session/redis/redis-failure.ts'
import type { SessionList } from '@postern/shared/session/session-directory.ts'
import { endSessions, findSessions, type SessionsForOperators } from './find-sessions.ts'
import { sessionJson } from './sessions-json.ts'
import { sessionDetails, sessionTable } from './sessions-text.ts'

/** What the command line asks for. `who`: a handle, an e-mail address or a user id. */
export type SessionsRequest =
  | { readonly kind: 'list'; readonly who: string | undefined; readonly limit: number }
  | { readonly kind: 'show'; readonly who: string }
  | { readonly kind: 'revoke'; readonly who: string }
  | { readonly kind: 'revoke-all' }

export interface SessionsDeps {
  readonly store: SessionsForOperators
  readonly host: Pick<ProcessHost, 'print' | 'printError'>
  readonly now: Date
  readonly json: boolean
}

/** Answers the exit code. */
export function runSessions(request: SessionsRequest, deps: SessionsDeps): Promise<number> {
  switch (request.kind) {
    case 'list':
      return list(request, deps)
    case 'show':
      return show(request.who, deps)
    case 'revoke':
      return revoke(deps, request.who)
    case 'revoke-all':
      return revoke(deps)
  }
}

async function list({ who, limit }: Extract<SessionsRequest, { kind: 'list' }>, deps: SessionsDeps): Promise<number> {
  const { store, host, now, json } = deps
  const found = who === undefined ? await store.list(limit) : await findSessions(store, who)
  if (found.kind === 'unavailable') return tellUnavailable(found, host)
  const { sessions, hasMore } = found
  if (json) host.print(asJson({ sessions: sessions.map(sessionJson), hasMore }))
  else if (sessions.length === 0) host.print(who === undefined ? 'Nobody is signed in.' : `${who} is not signed in.`)
  else host.print(sessionTable(sessions, now))
  if (hasMore && !json) host.print(`\nThese are the last ${String(sessions.length)} to end; --limit shows more.`)
  return exitCodes.ok
}

async function show(who: string, { store, host, now, json }: SessionsDeps): Promise<number> {
  const found = await findSessions(store, who)
  if (found.kind === 'unavailable') return tellUnavailable(found, host)
  const { sessions } = found
  if (json) host.print(asJson({ sessions: sessions.map(sessionJson) }))
  else if (sessions.length > 0) host.print(sessions.map((session) => sessionDetails(session, now)).join('\n\n'))
  return sessions.length > 0 ? exitCodes.ok : tellNone(who, host)
}

/** Without `who`: everybody's. */
async function revoke({ store, host, json }: SessionsDeps, who?: string): Promise<number> {
  const ended = who === undefined ? await store.endAll() : await endSessions(store, who)
  if (ended.kind === 'unavailable') return tellUnavailable(ended, host)
  const { count } = ended
  if (json) host.print(asJson({ ended: count }))
  else if (count > 0)
    host.print(
      `Ended ${String(count)} session${count === 1 ? '' : 's'}. Every replica refuses ${count === 1 ? 'it' : 'them'} from now on.`,
    )
  if (count > 0) return exitCodes.ok
  return tellNone(who, host)
}

function tellNone(who: string | undefined, host: SessionsDeps['host']): number {
  host.printError(
    who === undefined
      ? 'Nobody is signed in.'
      : `There is no session of ${who}: no such person is signed in, and no session has this name.`,
  )
  return exitCodes.failed
}

/** Some may have been ended already; asking again ends the rest. */
function tellUnavailable({ cause }: Extract<SessionList, { kind: 'unavailable' }>, host: SessionsDeps['host']): number {
  host.printError(`Redis does not answer: ${cause instanceof RedisUnavailable ? cause.reason : 'unknown reason'}`)
  return exitCodes.failed
}

function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}
