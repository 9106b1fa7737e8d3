import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authorizeService } from '../grpc/contracts.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { CheckAnswer, CheckQuestion } from '../vocabulary/check.ts'
import { decodeQuestion, encodeQuestion } from './check-request.ts'
import { decodeAnswer, encodeAnswer } from './check-response.ts'
import { decodeOutcome, encodeAnswered, encodeFailed } from './check-stream.ts'

const { Check, CheckStream } = authorizeService
const binding = Buffer.alloc(32, 1).toString('base64url')

const question: CheckQuestion = {
  routeId: 'route-1',
  configRevision: 'r1',
  requestId: 'request-1',
  facts: {
    method: 'GET',
    host: 'hello.example.com',
    path: '/über/ä',
    query: 'a=1',
    headers: new Map([
      ['accept', ['text/html', '*/*']],
      ['x-bytes', ['caf\xe9 \xff\x80']],
    ]),
    clientAddress: '203.0.113.7',
    clientCertificate: { presented: true, valid: true, der: Buffer.from([1, 2, 3]) },
  },
  credential: { carrier: 'bearer', value: 'a.b.c' },
  signInBinding: binding,
}

const answers: Record<string, CheckAnswer> = {
  'an allow for somebody': {
    kind: 'allow',
    reasons: ['email-ok'],
    setHeaders: [['x-pomerium-claim-name', 'Ren\xe9']],
    removeHeaders: ['x-pomerium-claim-groups'],
    session: { handle: 'h', expiresAtMs: 1_900_000_000_000, userId: 'ada' },
  },
  'an allow for anybody': { kind: 'allow', reasons: ['accept'], setHeaders: [], removeHeaders: [], session: undefined },
  'a deny': { kind: 'deny', status: 404, reasons: ['route-not-found'], explanation: '{}', email: 'ada@example.com' },
  'a deny without details': { kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined },
  'a sign-in': {
    kind: 'sign-in',
    reasons: ['user-unauthenticated'],
    url: 'https://authenticate.example.com/.pomerium/sign_in?x=1',
    binding,
    credentialRefused: true,
  },
}

type Response = Parameters<typeof decodeAnswer>[0]
const response = (fields: object): Response => Check.responseDeserialize(Check.responseSerialize(fields))
const refused = {
  kind: 'deny',
  status: 403,
  reasons: ['unrecognised-decision'],
  explanation: undefined,
  email: undefined,
}

describe('a check crosses the wire unchanged', () => {
  it('as a question, header bytes and order included', () => {
    const sent = Check.requestDeserialize(Check.requestSerialize(encodeQuestion(question)))
    assert.deepEqual(decodeQuestion(sent), question)
  })

  it('as a question of a stranger', () => {
    const bare = {
      ...question,
      facts: { ...question.facts, headers: new Map(), clientCertificate: undefined },
      credential: undefined,
      signInBinding: undefined,
    }
    assert.deepEqual(decodeQuestion(Check.requestDeserialize(Check.requestSerialize(encodeQuestion(bare)))), bare)
  })

  for (const [title, answer] of Object.entries(answers)) {
    it(`as ${title}`, () => assert.deepEqual(decodeAnswer(response(encodeAnswer(answer))), answer))
  }
})

describe('what is not understood is refused', () => {
  const cases: Record<string, object> = {
    'an outcome of a newer version': { outcome: 77, allow: {} },
    'no outcome': { allow: {} },
    'an allow without its message': { outcome: 'OUTCOME_ALLOW' },
    'a deny without its message': { outcome: 'OUTCOME_DENY' },
    'a sign-in to no address': { outcome: 'OUTCOME_SIGN_IN', signIn: { url: 'nowhere', binding } },
    'a sign-in to a script': { outcome: 'OUTCOME_SIGN_IN', signIn: { url: 'javascript:1', binding } },
    'a sign-in without a binding': { outcome: 'OUTCOME_SIGN_IN', signIn: { url: 'https://a.example/' } },
    'a header value with a line break': allowing('x-a', 'b\r\nx-evil: 1'),
    'a header name with a space': allowing('x a', 'b'),
    'two headers of one name': {
      outcome: 'OUTCOME_ALLOW',
      allow: { setHeaders: [header('x-a', '1'), header('X-A', '2')] },
    },
  }
  for (const [title, fields] of Object.entries(cases)) {
    it(title, () => assert.deepEqual(decodeAnswer(response(fields)), refused))
  }

  it('a result with neither answer nor error', () => {
    const results = CheckStream.responseDeserialize(CheckStream.responseSerialize({ results: [{ id: 1 }] }))
    assert.deepEqual(results.results.map(decodeOutcome), [{ kind: 'answered', answer: refused }])
  })

  it('a refused bearer token is 401, one beside a session 400', () => {
    for (const status of [400, 401]) {
      const answer = decodeAnswer(response({ outcome: 'OUTCOME_DENY', deny: { status } }))
      assert.equal(answer.kind === 'deny' && answer.status, status)
    }
  })

  it('a status that is no refusal becomes 403', () => {
    const answer = decodeAnswer(response({ outcome: 'OUTCOME_DENY', deny: { status: 200 } }))
    assert.equal(answer.kind === 'deny' && answer.status, 403)
  })

  it('a reason of a newer version is left out, the decision stands', () => {
    const answer = decodeAnswer(response({ outcome: 'OUTCOME_ALLOW', allow: {}, reasons: ['moon-phase-ok', 'accept'] }))
    assert.deepEqual([answer.kind, answer.reasons], ['allow', ['accept']])
  })

  const malformed: Record<string, object> = {
    'without a route': { ...encodeQuestion(question), routeId: '' },
    'with a path that is none': { ...encodeQuestion(question), path: 'x' },
    'with a credential in an unknown carrier': { ...encodeQuestion(question), credential: { carrier: 9, value: 'x' } },
  }
  for (const [title, fields] of Object.entries(malformed)) {
    it(`a question ${title}`, () => {
      const sent = Check.requestDeserialize(Check.requestSerialize(fields))
      assert.throws(() => decodeQuestion(sent), PosternError)
    })
  }
})

describe('a failed check crosses the wire as a code alone', () => {
  const cross = (error: unknown): unknown => {
    const bytes = CheckStream.responseSerialize({ results: [encodeFailed(7, error)] })
    assert.doesNotMatch(bytes.toString('latin1'), /secret/)
    return CheckStream.responseDeserialize(bytes).results.map(decodeOutcome)[0]
  }

  it('with what the catalogue says about trying again', () => {
    const failed = cross(new PosternError('SESSION_STORE_UNAVAILABLE', 'secret detail'))
    assert.deepEqual(failed, { kind: 'failed', code: 'SESSION_STORE_UNAVAILABLE', retryable: true })
  })

  it('and a bug as INTERNAL', () => {
    assert.deepEqual(cross(new Error('secret')), { kind: 'failed', code: 'INTERNAL', retryable: false })
  })

  it('and a code of a newer version as unavailable', () => {
    const sent = { results: [{ id: 1, error: { code: 'MOON_DOWN', retryable: true } }] }
    const [result] = CheckStream.responseDeserialize(CheckStream.responseSerialize(sent)).results
    assert.deepEqual(result && decodeOutcome(result), { kind: 'failed', code: 'PDP_UNAVAILABLE', retryable: true })
  })

  it('beside answers, under their own ids', () => {
    const allow = answers['an allow for anybody']
    assert.ok(allow)
    const sent = { results: [encodeAnswered(2 ** 40, allow), encodeFailed(3, undefined)] }
    const { results } = CheckStream.responseDeserialize(CheckStream.responseSerialize(sent))
    assert.deepEqual(
      results.map(({ id }) => id),
      [2 ** 40, 3],
    )
  })
})

function header(name: string, value: string): object {
  return { name, value: Buffer.from(value, 'latin1') }
}

function allowing(name: string, value: string): object {
  return { outcome: 'OUTCOME_ALLOW', allow: { setHeaders: [header(name, value)] } }
}
