import type { Clock } from '@postern/shared/clock.ts'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import { grpcService, type GrpcService } from '@postern/shared/grpc/service.ts'
import { unary } from '@postern/shared/grpc/unary.ts'
import { decodeCredential, decodeQuestion } from '@postern/shared/wire/check-request.ts'
import { encodeAnswer } from '@postern/shared/wire/check-response.ts'
import type { AuthenticateLinks } from './answer/authenticate-links.ts'
import type { AnswerCheck, CheckStreams } from './check-streams.ts'
import type { CredentialResolver } from './session/credential-resolver.ts'
import type { createSignInUrl } from './sign-in-urls.ts'

export interface AuthorizeRpcDeps {
  readonly check: AnswerCheck
  readonly streams: CheckStreams
  readonly credentials: Pick<CredentialResolver, 'resolveCredential'>
  readonly links: () => AuthenticateLinks
  readonly createSignInUrl: ReturnType<typeof createSignInUrl>
  /** The public keys of the identity assertion, as a JWK set. */
  readonly keySet: object
  readonly clock: Clock
}

/** What proxies may ask. A stream of checks and a single check run the same code. */
export function authorizeRpc(deps: AuthorizeRpcDeps): GrpcService {
  const { check, streams, credentials, links, clock } = deps
  const jwksJson = JSON.stringify(deps.keySet)
  return grpcService(
    authorizeService,
    {
      Check: unary(async (request, { deadlineMs }) => encodeAnswer(await check(decodeQuestion(request), deadlineMs))),
      CheckStream: streams.method,
      DescribeSession: unary(async ({ host, credential }) => {
        const now = clock.now()
        const resolved = await credentials.resolveCredential(decodeCredential(credential)?.value, host, now)
        if (resolved.kind !== 'session') return { signedIn: false }
        const { identity, issuedAtMs, expiresAtMs } = resolved.session
        const { userId, email = '', name = '', claims } = identity
        return { signedIn: true, userId, email, name, claimsJson: JSON.stringify(claims), issuedAtMs, expiresAtMs }
      }),
      CreateSignOutUrl: unary(async ({ host, credential, returnUrl }) => {
        const now = clock.now()
        const resolved = await credentials.resolveCredential(decodeCredential(credential)?.value, host, now)
        const handle = resolved.kind === 'session' ? resolved.session.handle : undefined
        return { url: links().signOut(handle, returnUrl, now) }
      }),
      CreateSignInUrl: unary((request) => Promise.resolve().then(() => deps.createSignInUrl(request))),
      GetKeySet: unary(() => Promise.resolve({ jwksJson })),
    },
    () => streams.drain(),
  )
}
