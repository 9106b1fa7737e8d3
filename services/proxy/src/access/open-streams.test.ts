import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { AccessChecker, SessionChangeListener } from '../check/access-checker.ts'
import { OpenStreams } from './open-streams.ts'

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
} as Partial<Logger> as Logger
const clock = { now: () => new Date(0) }

function open(answer: (question: CheckQuestion) => CheckAnswer): {
  streams: OpenStreams
  change: SessionChangeListener
  ended: string[]
  asked: string[]
} {
  const listeners: SessionChangeListener[] = []
  const asked: string[] = []
  const checker = {
    check: (question: CheckQuestion) => {
      asked.push(question.requestId)
      return Promise.resolve(answer(question))
    },
    onSessionsChanged: (listener: SessionChangeListener) => {
      listeners.push(listener)
      return { [Symbol.dispose]: () => undefined }
    },
  } as Partial<AccessChecker> as AccessChecker
  const streams = new OpenStreams(checker, clock, silent, 0)
  const ended: string[] = []
  for (const [id, sessionHandle] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['b', 'b'],
    ['anonymous', undefined],
  ] as const) {
    const question = { requestId: id } as CheckQuestion
    streams.add({ question, sessionHandle, expiresAtMs: Infinity, end: () => ended.push(id) })
  }
  return { streams, change: (change) => listeners.forEach((listener) => listener(change)), ended, asked }
}

const deny: CheckAnswer = { kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined }
const allow: CheckAnswer = { kind: 'allow', reasons: [], setHeaders: [], removeHeaders: [], session: undefined }
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('OpenStreams', () => {
  it('asks again for the sessions that changed, and ends what is refused now', async () => {
    const { streams, change, ended, asked } = open(({ requestId }) => (requestId === 'a1' ? deny : allow))
    using _ = streams
    change({ kind: 'sessions', handles: ['a'] })
    await settled()
    assert.deepEqual([asked.toSorted(), ended], [['a1', 'a2'], ['a1']])
    assert.equal(streams.size, 3)
  })

  it('asks again for everybody when anything may have changed', async () => {
    const { streams, change, asked } = open(() => allow)
    using _ = streams
    change({ kind: 'all' })
    await settled()
    assert.deepEqual(asked.toSorted(), ['a1', 'a2', 'anonymous', 'b'])
  })

  it('ends what cannot be decided after three tries', async () => {
    const { streams, change, ended, asked } = open(() => {
      throw new Error('nobody answers')
    })
    using _ = streams
    change({ kind: 'sessions', handles: ['b'] })
    while (ended.length === 0) await settled()
    assert.deepEqual([asked, ended], [['b', 'b', 'b'], ['b']])
  })

  it('does not ask for what ended by itself', async () => {
    const { streams, change, asked } = open(() => allow)
    using _ = streams
    const stream = {
      question: { requestId: 'gone' } as CheckQuestion,
      sessionHandle: 'g',
      expiresAtMs: 1,
      end: () => undefined,
    }
    streams.add(stream)
    streams.delete(stream)
    change({ kind: 'sessions', handles: ['g'] })
    await settled()
    assert.deepEqual(asked, [])
  })
})
