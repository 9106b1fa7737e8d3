import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Dispatcher } from 'undici'
import type { DownstreamRequest, DownstreamResponse } from '../listener/downstream.ts'
import { buildResponseHeaders, buildTrailers, type ResponseHeaderPlan } from '../headers/response-headers.ts'
import { isRefusalPage, maxRefusalPageBytes, refusalSign, type TokenRefusal } from './token-refusal.ts'
import { Upload } from './upload.ts'
import { isRefusedUntouched, isStaleConnection, isUnreachable, upstreamFailure } from './upstream-failure.ts'
import { maxInFlightPerUpstream } from './upstream-pools.ts'
import type { Upstream } from './upstream.ts'

export interface UpstreamRequest {
  readonly upstream: Upstream
  readonly method: string
  readonly path: string
  /** Complete: name, value, name, value, … */
  readonly headers: string[]
  /** `undefined` where the request has no framed body. */
  readonly body: DownstreamRequest | undefined
  /** It came by HTTP/2 and uses what only that can carry. */
  readonly prefersHttp2: boolean
  readonly acceptsTrailers: boolean
  /** Until all of the body has come from the client, or the answer begins. 0: none. */
  readonly receiveTimeoutMs: number
  /** From the end of the upload to the end of the response. 0: none. */
  readonly timeoutMs: number
  /** From the first byte to the last, both ways. 0: none. */
  readonly maxDurationMs: number
  /** Without any byte moving in a body, up or down. 0: none. */
  readonly idleTimeoutMs: number
  /** A Google token went with it: tell Google's refusal from the application's. */
  readonly carriesGoogleToken: boolean
  readonly responsePlan: ResponseHeaderPlan
  readonly requestId: string
  /** Kept current, since the record of the request may be written at any moment. */
  readonly meter: UpstreamMeter
}

export interface UpstreamMeter {
  /** Of the response's body. */
  bytes: number
  /** From sending to the response's headers. */
  upstreamMs: number | undefined
}

export type ExchangeOutcome =
  | { readonly kind: 'answered' }
  /** Nothing was sent to the client: it can still be told. */
  | { readonly kind: 'failed'; readonly error: PosternError; readonly retry: RetryPlace | undefined }
  /** The answer had begun: all that is left is to end it visibly. */
  | { readonly kind: 'broken'; readonly error: PosternError }
  | { readonly kind: 'refused'; readonly refusal: TokenRefusal }

/**
 * Where another attempt may do better: a kept-alive connection was closed as it was used, or no connection came about.
 * `untouched`: the upstream has said that it did nothing with the request.
 */
export type RetryPlace = 'same' | 'other' | 'untouched'

/** Status 1xx, before the answer itself. */
export const maxInterimResponses = 32

/** Sends one request and streams its answer to the client, each direction at the pace of its reader. */
export function exchange(request: UpstreamRequest, response: DownstreamResponse): Promise<ExchangeOutcome> {
  // Whoever left while the decision was made is not heard leaving again.
  if (response.destroyed) return Promise.resolve({ kind: 'failed', error: clientHasLeft(), retry: undefined })
  const running = new UpstreamExchange(request, response)
  response.once('close', running.clientLeft)
  return running.outcome.finally(() => response.off('close', running.clientLeft))
}

class UpstreamExchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<ExchangeOutcome>
  readonly #request: UpstreamRequest
  readonly #response: DownstreamResponse
  readonly #resolve: (outcome: ExchangeOutcome) => void
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #receiveTimer: NodeJS.Timeout | undefined
  #durationTimer: NodeJS.Timeout | undefined
  #failure: PosternError | undefined
  #hasStarted = false
  #isSent = false
  #isHttp2 = false
  #isSettled = false
  readonly #meter: UpstreamMeter
  readonly #sentAt = performance.now()
  #interimResponses = 0
  /** An answer that may be Google's refusal is held back until that is clear. */
  #held: { readonly status: number; readonly refusal: TokenRefusal | undefined; readonly chunks: Buffer[] } | undefined

  constructor(request: UpstreamRequest, response: DownstreamResponse) {
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    this.#request = request
    this.#response = response
    this.#meter = request.meter
    this.outcome = promise
    this.#resolve = resolve
    this.#dispatch()
  }

  readonly clientLeft = (): void => {
    if (!this.#response.writableFinished) this.#fail(clientHasLeft())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#failure !== undefined) controller.abort(this.#failure)
  }

  onRequestSent(): void {
    this.#isSent = true
    clearTimeout(this.#receiveTimer)
    if (!this.#isHttp2) this.#restIdle()
    const { timeoutMs } = this.#request
    if (timeoutMs > 0 && !this.#isSettled) this.#timer = setTimeout(this.#onTimeout, timeoutMs)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, unknown>>,
  ): void {
    if (status < 200) {
      this.#interimResponses += 1
      if (this.#interimResponses > maxInterimResponses) this.#failProtocol('too many interim responses')
      return
    }
    this.#request.upstream.reached()
    this.#isHttp2 = 'trailersMayFollow' in controller
    if (this.#isHttp2) this.#watchIdle()
    const sign = this.#request.carriesGoogleToken ? refusalSign(status, headers) : undefined
    if (sign !== undefined) {
      this.#held = { status, refusal: sign === 'read-page' ? undefined : sign, chunks: [] }
      return
    }
    this.#start(controller, status)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#meter.bytes += chunk.length
    this.#idleTimer?.refresh()
    if (this.#held !== undefined) this.#hold(controller, chunk)
    else this.#write(controller, chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: Readonly<Record<string, unknown>>): void {
    const held = this.#held
    if (held !== undefined) {
      const page = Buffer.concat(held.chunks).toString('latin1')
      const refusal = held.refusal ?? (isRefusalPage(page) ? 'not-invoker' : undefined)
      if (refusal !== undefined) {
        this.#settle({ kind: 'refused', refusal })
        return
      }
      this.#release(controller)
    }
    if (this.#isHttp2) this.#response.setTrailers?.(buildTrailers(trailers, this.#request.responsePlan))
    this.#response.end()
    this.#settle({ kind: 'answered' })
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    const error = this.#failure ?? upstreamFailure(cause)
    if (this.#hasStarted) this.#settle({ kind: 'broken', error })
    else
      this.#settle({ kind: 'failed', error, retry: this.#failure === undefined ? this.#retryAfter(cause) : undefined })
  }

  #retryAfter(cause: Error): RetryPlace | undefined {
    if (isRefusedUntouched(cause)) return 'untouched'
    if (isStaleConnection(cause)) return 'same'
    if (!isUnreachable(cause)) return undefined
    this.#request.upstream.unreachable()
    return 'other'
  }

  #dispatch(): void {
    const { upstream, body, idleTimeoutMs: bodyTimeout, maxDurationMs } = this.#request
    if (maxDurationMs > 0) this.#durationTimer = setTimeout(this.#onTimeout, maxDurationMs)
    upstream.begin()
    if (upstream.inFlight > maxInFlightPerUpstream) {
      this.#fail(new PosternError('UPSTREAM_UNREACHABLE', 'too many requests wait for this upstream'))
      return
    }
    const { method, path, headers, acceptsTrailers, prefersHttp2 } = this.#request
    const upload = body === undefined ? null : this.#upload(body)
    upstream.dispatch({ method, path, headers, body: upload, bodyTimeout, acceptsTrailers, prefersHttp2 }, this)
  }

  #upload(body: DownstreamRequest): Upload {
    const { receiveTimeoutMs } = this.#request
    this.#watchIdle()
    if (receiveTimeoutMs > 0) this.#receiveTimer = setTimeout(this.#onSlowRequest, receiveTimeoutMs)
    return new Upload(body, () => this.#idleTimer?.refresh())
  }

  #start(controller: Dispatcher.DispatchController, status: number): void {
    const raw = (controller.rawHeaders ?? []) as readonly (Buffer | string)[]
    const headers = buildResponseHeaders(raw, this.#request.responsePlan, this.#request.requestId)
    if (headers === undefined) {
      this.#failProtocol('too many response headers')
      return
    }
    clearTimeout(this.#receiveTimer)
    this.#meter.upstreamMs = performance.now() - this.#sentAt
    this.#response.writeHead(status, headers)
    this.#hasStarted = true
    // A body that came with the headers goes out with them; headers that came alone must not wait for it (SSE).
    queueMicrotask(this.#flushHeaders)
  }

  readonly #flushHeaders = (): void => {
    if (this.#meter.bytes === 0 && !this.#isSettled) this.#response.flushHeaders()
  }

  #write(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return
    if (this.#response.destroyed) {
      this.#fail(clientHasLeft())
      return
    }
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#watchIdle()
    this.#response.once('drain', () => {
      // From here on HTTP/1.1's own timeout counts, where nothing is on its way up any more.
      if (!this.#isHttp2 && this.#isSent) this.#restIdle()
      controller.resume()
    })
  }

  /** From now on something has to move, in whichever direction. */
  #watchIdle(): void {
    const { idleTimeoutMs } = this.#request
    if (this.#idleTimer !== undefined) this.#idleTimer.refresh()
    else if (idleTimeoutMs > 0 && !this.#isSettled) this.#idleTimer = setTimeout(this.#onTimeout, idleTimeoutMs)
  }

  #restIdle(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = undefined
  }

  #hold(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#meter.bytes <= maxRefusalPageBytes) this.#held?.chunks.push(chunk)
    else if (this.#held?.refusal === undefined) {
      this.#release(controller)
      this.#write(controller, chunk)
    }
  }

  /** It is the application's own answer after all. */
  #release(controller: Dispatcher.DispatchController): void {
    const held = this.#held
    this.#held = undefined
    if (held === undefined) return
    this.#start(controller, held.status)
    for (const chunk of held.chunks) this.#response.write(chunk)
  }

  #failProtocol(detail: string): void {
    this.#fail(new PosternError('UPSTREAM_PROTOCOL', detail))
  }

  readonly #onTimeout = (): void => {
    this.#fail(new PosternError('UPSTREAM_TIMEOUT', 'the upstream or the transfer took too long'))
  }

  readonly #onSlowRequest = (): void => {
    this.#fail(new PosternError('REQUEST_TIMEOUT', 'the request did not arrive within timeout_read'))
  }

  /** Ends the upstream's side at once; a connection that was cut short never goes back to the pool. */
  #fail(error: PosternError): void {
    if (this.#isSettled || this.#failure !== undefined) return
    this.#failure = error
    this.#controller?.abort(error)
    this.#settle(this.#hasStarted ? { kind: 'broken', error } : { kind: 'failed', error, retry: undefined })
  }

  #settle(outcome: ExchangeOutcome): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#timer)
    clearTimeout(this.#durationTimer)
    clearTimeout(this.#receiveTimer)
    this.#restIdle()
    this.#request.upstream.end()
    this.#resolve(outcome)
  }
}

function clientHasLeft(): PosternError {
  return new PosternError('UPSTREAM_RESET', 'the client left')
}
