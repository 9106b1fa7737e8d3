import type { IncomingMessage, ServerResponse } from 'node:http'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Dispatcher } from 'undici'
import { buildResponseHeaders, type ResponseHeaderPlan } from '../headers/response-headers.ts'
import { isRefusalPage, maxRefusalPageBytes, refusalSign, type TokenRefusal } from './token-refusal.ts'
import { Upload } from './upload.ts'
import { isStaleConnection, isUnreachable, upstreamFailure } from './upstream-failure.ts'
import { maxInFlightPerUpstream } from './upstream-pools.ts'
import type { Upstream } from './upstream.ts'

export interface UpstreamRequest {
  readonly upstream: Upstream
  readonly method: string
  readonly path: string
  /** Complete: name, value, name, value, … */
  readonly headers: string[]
  /** `undefined` where the request has no framed body. */
  readonly body: IncomingMessage | undefined
  /** Until all of the body has come from the client, or the answer begins. 0: none. */
  readonly receiveTimeoutMs: number
  /** From the end of the upload to the end of the response. 0: none. */
  readonly timeoutMs: number
  /** From the first byte to the last, both ways. 0: none. */
  readonly maxDurationMs: number
  /** Without any byte moving in the body. 0: none. */
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
 */
export type RetryPlace = 'same' | 'other'

/** Status 1xx, before the answer itself. */
export const maxInterimResponses = 32

/** Sends one request and streams its answer to the client, each direction at the pace of its reader. */
export function exchange(request: UpstreamRequest, response: ServerResponse): Promise<ExchangeOutcome> {
  // Whoever left while the decision was made is not heard leaving again.
  if (response.destroyed) return Promise.resolve({ kind: 'failed', error: clientHasLeft(), retry: undefined })
  const running = new UpstreamExchange(request, response)
  response.once('close', running.clientLeft)
  return running.outcome.finally(() => response.off('close', running.clientLeft))
}

class UpstreamExchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<ExchangeOutcome>
  readonly #request: UpstreamRequest
  readonly #response: ServerResponse
  readonly #resolve: (outcome: ExchangeOutcome) => void
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #receiveTimer: NodeJS.Timeout | undefined
  #durationTimer: NodeJS.Timeout | undefined
  #failure: PosternError | undefined
  #hasStarted = false
  #isSettled = false
  readonly #meter: UpstreamMeter
  readonly #sentAt = performance.now()
  #interimResponses = 0
  /** An answer that may be Google's refusal is held back until that is clear. */
  #held: { readonly status: number; readonly refusal: TokenRefusal | undefined; readonly chunks: Buffer[] } | undefined

  constructor(request: UpstreamRequest, response: ServerResponse) {
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
    clearTimeout(this.#receiveTimer)
    clearTimeout(this.#idleTimer)
    this.#idleTimer = undefined
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
    const sign = this.#request.carriesGoogleToken ? refusalSign(status, headers) : undefined
    if (sign !== undefined) {
      this.#held = { status, refusal: sign === 'read-page' ? undefined : sign, chunks: [] }
      return
    }
    this.#start(controller, status)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#meter.bytes += chunk.length
    if (this.#held !== undefined) this.#hold(controller, chunk)
    else this.#write(controller, chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
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
    if (isStaleConnection(cause)) return 'same'
    if (!isUnreachable(cause)) return undefined
    this.#request.upstream.unreachable()
    return 'other'
  }

  #dispatch(): void {
    const { upstream, method, path, headers, body, idleTimeoutMs, maxDurationMs } = this.#request
    if (maxDurationMs > 0) this.#durationTimer = setTimeout(this.#onTimeout, maxDurationMs)
    upstream.begin()
    if (upstream.inFlight > maxInFlightPerUpstream) {
      this.#fail(new PosternError('UPSTREAM_UNREACHABLE', 'too many requests wait for this upstream'))
      return
    }
    const { serverName } = upstream
    const upload = body === undefined ? null : this.#upload(body)
    const options = { method, path, headers, body: upload, bodyTimeout: idleTimeoutMs }
    upstream.dispatch(serverName === undefined ? options : withServerName(options, serverName), this)
  }

  #upload(body: IncomingMessage): Upload {
    const { idleTimeoutMs, receiveTimeoutMs } = this.#request
    if (idleTimeoutMs > 0) this.#idleTimer = setTimeout(this.#onTimeout, idleTimeoutMs)
    if (receiveTimeoutMs > 0) this.#receiveTimer = setTimeout(this.#onSlowRequest, receiveTimeoutMs)
    return new Upload(body, () => this.#idleTimer?.refresh())
  }

  #start(controller: Dispatcher.DispatchController, status: number): void {
    const raw = rawList(controller.rawHeaders)
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
    const { idleTimeoutMs } = this.#request
    if (idleTimeoutMs > 0) this.#idleTimer = setTimeout(this.#onTimeout, idleTimeoutMs)
    this.#response.once('drain', () => {
      clearTimeout(this.#idleTimer)
      controller.resume()
    })
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
    clearTimeout(this.#idleTimer)
    this.#request.upstream.end()
    this.#resolve(outcome)
  }
}

function clientHasLeft(): PosternError {
  return new PosternError('UPSTREAM_RESET', 'the client left')
}

/** HTTP/1.1 answers come as a list, HTTP/2 ones as a record. */
function rawList(raw: unknown): readonly (Buffer | string)[] {
  if (Array.isArray(raw)) return raw as readonly (Buffer | string)[]
  const entries = Object.entries((raw ?? {}) as Readonly<Record<string, string | readonly string[]>>)
  return entries.flatMap(([name, values]) => [values].flat().flatMap((value) => [name, value]))
}

function withServerName<O extends object>(options: O, servername: string): O {
  return { ...options, servername }
}
