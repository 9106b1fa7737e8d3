import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import { systemRandom } from '@postern/shared/random.ts'

interface SignedInOptions {
  readonly redisUrl: string
  readonly sharedSecret: string
  readonly host: string
  readonly authenticateHost: string
}

const log = createLogger({ service: 'bench', level: 'error', format: 'pretty' })

export interface SignedIn {
  /** The `Cookie` header of this browser. */
  readonly cookie: string
  /** Ends the session in Redis, as authenticate does; resolves when Redis has done it. */
  end(): Promise<void>
}

/** Writes a session as authenticate would. */
export async function newSignedInSession(options: SignedInOptions): Promise<SignedIn> {
  await using store = await openStore(options.redisUrl)
  const sessionId = newSessionId(systemRandom)
  const now = Date.now()
  const expiresAtMs = now + 3_600_000
  const written = await store.create({
    handle: handleOf(sessionId),
    version: 1,
    identity: { userId: 'ada', email: 'ada@example.com', name: 'Ada', claims: { groups: ['engineering'] } },
    issuer: 'https://idp.example.com',
    idpId: 'bench',
    idpSid: undefined,
    issuedAtMs: now,
    expiresAtMs,
    lastUsedAtMs: now,
    idleTimeoutMs: 0,
    refreshDueAtMs: undefined,
    sealedTokens: '',
  })
  if (written.kind !== 'done') throw new Error(`the session was not written: ${written.kind}`)
  const key = deriveKey(new Secret(options.sharedSecret), keyPurposes.sessionCredential)
  const credentials = new SessionCredentials([key], options.authenticateHost)
  const content = { sessionId, host: options.host, issuedAt: new Date(now), expiresAt: new Date(expiresAtMs) }
  return {
    cookie: `_pomerium=${await credentials.issue(content)}`,
    end: async () => {
      await using opened = await openStore(options.redisUrl)
      await opened.end(handleOf(sessionId))
    },
  }
}

function openStore(redisUrl: string): Promise<RedisSessionStore> {
  const config = { caFile: undefined, keyPrefix: 'postern:', commandTimeoutMs: 1_000, connectTimeoutMs: 1_000 }
  return RedisSessionStore.connect({ ...config, url: new Secret(redisUrl) }, { log })
}
