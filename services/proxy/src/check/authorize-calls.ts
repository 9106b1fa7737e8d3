import { callUnary } from '@postern/shared/grpc/call.ts'
import type { GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { connectedChannel } from '@postern/shared/grpc/connected-channel.ts'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import type { CheckAnswer, CheckQuestion, PresentedCredential } from '@postern/shared/vocabulary/check.ts'
import type { Claims } from '@postern/shared/vocabulary/identity.ts'
import { encodeCredential, encodeQuestion } from '@postern/shared/wire/check-request.ts'
import { decodeAnswer } from '@postern/shared/wire/check-response.ts'
import type { SessionDescription, SignInUrl, SignInUrlWanted } from './access-checker.ts'

const codes = { unavailable: 'PDP_UNAVAILABLE', deadline: 'PDP_DEADLINE' } as const

/** The calls to authorize that are not a stream. Several channels take turns. */
export class AuthorizeCalls {
  readonly #channels: readonly GrpcChannel[]
  readonly #timeoutMs: number
  #turn = 0

  constructor(channels: readonly GrpcChannel[], timeoutMs: number) {
    this.#channels = channels
    this.#timeoutMs = timeoutMs
  }

  async check(question: CheckQuestion, timeoutMs: number): Promise<CheckAnswer> {
    const deadlineAtMs = performance.now() + timeoutMs
    const request = encodeQuestion(question)
    const channel = await this.#next(timeoutMs)
    const leftMs = deadlineAtMs - performance.now()
    const response = await callUnary(channel, authorizeService.Check, request, { ...codes, timeoutMs: leftMs })
    return decodeAnswer(response)
  }

  async describeSession(
    host: string,
    credential: PresentedCredential | undefined,
  ): Promise<SessionDescription | undefined> {
    const request = { host, credential: encodeCredential(credential) }
    const answer = await callUnary(await this.#next(), authorizeService.DescribeSession, request, this.#options())
    if (!answer.signedIn) return undefined
    return {
      userId: answer.userId,
      email: answer.email || undefined,
      name: answer.name || undefined,
      claims: JSON.parse(answer.claimsJson) as Claims,
      issuedAtMs: answer.issuedAtMs,
      expiresAtMs: answer.expiresAtMs,
    }
  }

  async createSignOutUrl(
    host: string,
    credential: PresentedCredential | undefined,
    returnUrl: string,
  ): Promise<string> {
    const request = { host, credential: encodeCredential(credential), returnUrl }
    const { url } = await callUnary(await this.#next(), authorizeService.CreateSignOutUrl, request, this.#options())
    return url
  }

  async createSignInUrl(wanted: SignInUrlWanted): Promise<SignInUrl> {
    const request = 'chain' in wanted ? { ...wanted, signInBinding: wanted.signInBinding ?? '' } : wanted
    return callUnary(await this.#next(), authorizeService.CreateSignInUrl, request, this.#options())
  }

  async keySet(): Promise<string> {
    const { jwksJson } = await callUnary(await this.#next(), authorizeService.GetKeySet, {}, this.#options())
    return jwksJson
  }

  #options(): { unavailable: 'PDP_UNAVAILABLE'; deadline: 'PDP_DEADLINE'; timeoutMs: number } {
    return { ...codes, timeoutMs: this.#timeoutMs }
  }

  #next(withinMs = this.#timeoutMs): Promise<GrpcChannel> {
    return connectedChannel(this.#channels, this.#turn++, { unavailable: codes.unavailable, withinMs })
  }
}
