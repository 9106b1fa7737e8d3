/** The other process of `check-stream.ts`: a real authorize with one session, in memory. */
import { randomBytes } from 'node:crypto'
import process, { argv, cpuUsage } from 'node:process'
import { startAuthorize } from '@postern/authorize/service.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { aRoute, authorizeConfig, host, secret } from '../test/integration/check/authorize-support.ts'

export interface AuthorizeMessage {
  readonly cpuMicros: number
  readonly credential?: string
}

const store = new MemorySessionStore()
const route = aRoute({ passIdentityHeaders: true, jwtClaimsHeaders: { 'X-Pomerium-Claim-Email': 'email' } })
const listen = { kind: 'unix', path: argv[2] ?? '' } as const
const config = authorizeConfig([route], {
  grpc: { listen, security: { kind: 'insecure' }, clientTimeoutMs: 1_000 },
  healthListen: undefined,
})
// Decision records are part of a check; they go where they cost least.
const log = createLogger({
  service: 'authorize',
  level: 'info',
  format: 'json',
  destination: { write: () => undefined },
})
await startAuthorize(fixed(config), { log, sessions: store })

const sessionId = newSessionId(randomBytes)
const session = aSession(Date.now(), { handle: handleOf(sessionId), expiresAtMs: Date.now() + 3_600_000 })
await store.create(session)
const credentials = new SessionCredentials(
  [deriveKey(secret, keyPurposes.sessionCredential)],
  config.authenticateUrl.host,
)
const credential = await credentials.issue({
  sessionId,
  host,
  issuedAt: new Date(),
  expiresAt: new Date(session.expiresAtMs),
})

const report = (more: Partial<AuthorizeMessage> = {}): void => {
  const { user, system } = cpuUsage()
  process.send?.({ cpuMicros: user + system, ...more })
}
process.on('message', () => report())
report({ credential })
