import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** One request that the metadata server saw, in order of arrival. */
export interface MetadataRequest {
  readonly method: string
  readonly path: string
  /** Of a request for an ID token. */
  readonly audience: string | undefined
}

/** A canned answer instead of the true one. */
export interface CannedAnswer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a test makes the metadata server do wrong, and what it saw meanwhile. */
export class MetadataFaults {
  /** Lifetime of the next tokens. */
  tokenLifetimeSeconds = 3600
  /** Merged into the claims of the next tokens, to make them wrong. */
  extraClaims: Readonly<Record<string, unknown>> = {}
  /** Every answer waits this long. */
  delayMs = 0
  /** While true, requests are taken and never answered. */
  hanging = false
  readonly #requests: MetadataRequest[] = []
  #canned: { answer: CannedAnswer; left: number } | undefined

  get requests(): readonly MetadataRequest[] {
    return this.#requests
  }

  /** The audiences that ID tokens were asked for, in order. */
  get audiences(): readonly string[] {
    return this.#requests.flatMap((request) => request.audience ?? [])
  }

  forgetRequests(): void {
    this.#requests.length = 0
  }

  /** The next `times` requests get this answer. */
  answer(answer: CannedAnswer, times = Infinity): void {
    this.#canned = { answer, left: times }
  }

  /** The next `times` requests fail with this status. */
  fail(status: number, times = Infinity): void {
    this.answer({ status, body: `the stand-in was told to answer ${String(status)}` }, times)
  }

  /** Everything works again. Requests that hang stay unanswered. */
  recover(): void {
    this.#canned = undefined
    this.hanging = false
    this.delayMs = 0
    this.tokenLifetimeSeconds = 3600
    this.extraClaims = {}
  }

  record(request: MetadataRequest): void {
    this.#requests.push(request)
  }

  /** True when the request is done with: answered with a fault, or left hanging. */
  async interfere(response: ServerResponse): Promise<boolean> {
    if (this.hanging) return true
    if (this.delayMs > 0) await sleep(this.delayMs)
    if (this.#canned === undefined || this.#canned.left <= 0) return false
    this.#canned.left -= 1
    const { status, body, headers } = this.#canned.answer
    response.writeHead(status, { 'metadata-flavor': 'Google', 'content-type': 'text/plain', ...headers }).end(body)
    return true
  }
}
