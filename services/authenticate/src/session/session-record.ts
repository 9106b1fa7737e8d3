import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionReader, SessionWriter } from '@postern/shared/session/session-store.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'

/** The record, or `undefined` when there is none. Throws `SESSION_STORE_UNAVAILABLE` when the store does not say. */
export async function findSession(
  sessions: Pick<SessionReader, 'find'>,
  handle: SessionHandle,
): Promise<Session | undefined> {
  const found = await sessions.find(handle)
  switch (found.kind) {
    case 'found':
      return found.session
    case 'absent':
      return undefined
    case 'unavailable':
      throw new PosternError('SESSION_STORE_UNAVAILABLE', 'a session could not be read', { cause: found.cause })
  }
}

/** Ends a session for good. Throws `SESSION_STORE_UNAVAILABLE` when that is not certain. */
export async function endSession(sessions: Pick<SessionWriter, 'end'>, handle: SessionHandle): Promise<void> {
  const ended = await sessions.end(handle)
  if (ended.kind === 'done') return
  const cause = ended.kind === 'unavailable' ? ended.cause : undefined
  throw new PosternError('SESSION_STORE_UNAVAILABLE', 'a session could not be ended', { cause })
}
