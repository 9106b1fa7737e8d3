import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import type { SessionWrite } from '@postern/shared/session/session-store.ts'
import { UnsavedRefreshes } from './unsaved-refreshes.ts'

const aSession = (version: number): Session => ({
  handle: 'handle' as SessionHandle,
  version,
  identity: { userId: 'ada', email: undefined, name: undefined, claims: {} },
  issuer: 'https://idp.example.com',
  idpId: 'idp',
  idpSid: undefined,
  issuedAtMs: 0,
  expiresAtMs: 1,
  lastUsedAtMs: 0,
  idleTimeoutMs: 0,
  refreshDueAtMs: undefined,
  sealedTokens: `tokens of version ${String(version)}`,
})
const away: SessionWrite = { kind: 'unavailable', cause: new Error('away') }
const noPause = (): Promise<void> => Promise.resolve()

describe('a renewed session that could not be written (REL-F5)', () => {
  it('is written by a later try', async () => {
    const answers: SessionWrite[] = [away, away, { kind: 'done' }]
    const unsaved = new UnsavedRefreshes({ replace: () => Promise.resolve(answers.shift() ?? away) }, noPause)
    assert.deepEqual(await unsaved.write(aSession(2)), { kind: 'done' })
  })

  it('is kept for the next refresh of the same version, once', async () => {
    const unsaved = new UnsavedRefreshes({ replace: () => Promise.resolve(away) }, noPause)
    await assert.rejects(unsaved.write(aSession(2)), { code: 'SESSION_STORE_UNAVAILABLE' })
    assert.equal(unsaved.size, 1)
    assert.equal(unsaved.of(aSession(1))?.sealedTokens, 'tokens of version 2')
    assert.equal(unsaved.of(aSession(1)), undefined)
    assert.equal(unsaved.size, 0)
  })

  it('is dropped when the record has moved on without it', async () => {
    const unsaved = new UnsavedRefreshes({ replace: () => Promise.resolve(away) }, noPause)
    await assert.rejects(unsaved.write(aSession(2)))
    assert.equal(unsaved.of(aSession(5)), undefined)
  })

  it('says conflict when the session ended or was renewed by somebody else', async () => {
    const unsaved = new UnsavedRefreshes({ replace: () => Promise.resolve({ kind: 'conflict' }) }, noPause)
    assert.deepEqual(await unsaved.write(aSession(2)), { kind: 'conflict' })
  })
})
