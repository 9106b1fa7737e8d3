import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Deadlines } from '@postern/shared/grpc/deadlines.ts'
import { duplex, type DuplexListener, type ServerDuplex } from '@postern/shared/grpc/duplex.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { decodeQuestion } from '@postern/shared/wire/check-request.ts'
import {
  encodeAnswered,
  encodeFailed,
  type Check,
  type CheckBatch,
  type CheckResultInput,
  type CheckResultsInput,
} from '@postern/shared/wire/check-stream.ts'

/** A peer that asks for more at once than this is told to go elsewhere. */
const maxOpenChecks = 20_000
/** For checks that name no deadline. */
const defaultDeadlineMs = 5_000

/** Answers one check, in about `deadlineMs` milliseconds at most. What it throws crosses as its code. */
export type AnswerCheck = (question: CheckQuestion, deadlineMs: number) => Promise<CheckAnswer>

/** All check streams of this instance: answers, and what is told to every proxy. */
export class CheckStreams {
  readonly #answer: AnswerCheck
  readonly #streams = new Set<CheckStreamServer>()
  #revision: string
  #draining = false

  constructor(answer: AnswerCheck, revision: string) {
    this.#answer = answer
    this.#revision = revision
  }

  /** For the gRPC service. */
  readonly method = duplex<CheckBatch, CheckResultsInput>((transport) => {
    const stream = new CheckStreamServer(transport, this.#answer, () => this.#streams.delete(stream))
    this.#streams.add(stream)
    // The first word tells the proxy that it is heard; where we are going away already, it tells that too.
    stream.tell({ configRevision: this.#revision, draining: this.#draining })
    return stream
  })

  /** How many are open. */
  get size(): number {
    return this.#streams.size
  }

  sessionsChanged(handles: readonly string[]): void {
    this.#tellAll({ changedSessions: [...handles] })
  }

  allSessionsChanged(): void {
    this.#tellAll({ allSessionsChanged: true })
  }

  revisionChanged(revision: string): void {
    this.#revision = revision
    this.#tellAll({ configRevision: revision })
  }

  /** Asks every proxy to go elsewhere. What was asked is still answered. */
  drain(): void {
    this.#draining = true
    this.#tellAll({ draining: true })
  }

  #tellAll(notice: CheckResultsInput): void {
    for (const stream of this.#streams) stream.tell(notice)
  }
}

/** One stream: every answer goes out in the turn in which it is found, together with its neighbours. */
class CheckStreamServer implements DuplexListener<CheckBatch> {
  readonly #transport: ServerDuplex<CheckResultsInput>
  readonly #answer: AnswerCheck
  readonly #gone: () => void
  /** Checks without an answer yet. */
  readonly #open = new Deadlines<number>((id) => {
    this.#add(encodeFailed(id, new PosternError('PDP_DEADLINE', 'no decision in time')))
  })
  #results: CheckResultInput[] = []
  #flushing = false
  #ended = false
  #closed = false

  constructor(transport: ServerDuplex<CheckResultsInput>, answer: AnswerCheck, gone: () => void) {
    this.#transport = transport
    this.#answer = answer
    this.#gone = gone
  }

  tell(notice: CheckResultsInput): void {
    if (!this.#closed) this.#transport.write(notice)
  }

  message({ checks }: CheckBatch): void {
    const now = performance.now()
    for (const check of checks) this.#begin(check, now)
  }

  ended(): void {
    this.#ended = true
    this.#endWhenDone()
  }

  closed(): void {
    this.#closed = true
    this.#open[Symbol.dispose]()
    this.#gone()
  }

  #begin({ id, deadlineMs, request }: Check, now: number): void {
    const budgetMs = deadlineMs > 0 ? deadlineMs : defaultDeadlineMs
    if (this.#open.size >= maxOpenChecks) {
      this.#add(encodeFailed(id, new PosternError('PDP_UNAVAILABLE', 'too many open checks')))
      return
    }
    this.#open.add(id, now + budgetMs)
    this.#decide(request, budgetMs).then(
      (answer) => this.#settle(id, encodeAnswered(id, answer)),
      (error: unknown) => this.#settle(id, encodeFailed(id, error)),
    )
  }

  async #decide(request: Check['request'], budgetMs: number): Promise<CheckAnswer> {
    if (!request) throw new PosternError('INTERNAL', 'a check without a request')
    return this.#answer(decodeQuestion(request), budgetMs)
  }

  #settle(id: number, result: CheckResultInput): void {
    // Its deadline came first, or the stream is gone.
    if (this.#open.remove(id)) this.#add(result)
  }

  #add(result: CheckResultInput): void {
    this.#results.push(result)
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    if (this.#closed) return
    const results = this.#results
    this.#results = []
    this.#transport.write({ results })
    this.#endWhenDone()
  }

  #endWhenDone(): void {
    if (this.#ended && this.#open.size === 0 && this.#results.length === 0) this.#transport.end()
  }
}
