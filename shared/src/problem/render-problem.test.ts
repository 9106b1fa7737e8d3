import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue, type ErrorCode } from '../errors/catalogue.ts'
import { PosternError } from '../errors/postern-error.ts'
import { problemOf, problemOfCode } from './problem-from-error.ts'
import type { ProblemFormat } from './problem.ts'
import { renderProblem } from './render-problem.ts'

const formats: ProblemFormat[] = ['html', 'json', 'text', 'grpc', 'grpc-web', 'kubernetes']
const denied = problemOfCode('ACCESS_DENIED', 'r-1', { facts: [{ label: 'Signed in as', value: 'ada@example.com' }] })

describe('every answer of our own', () => {
  for (const format of formats) {
    it(`says so, and what went wrong, in its headers: ${format}`, () => {
      const { status, headers } = renderProblem(denied, format)
      assert.equal(status, 403)
      assert.equal(headers['postern-error'], 'ACCESS_DENIED')
      assert.equal(headers['x-pomerium-intercepted-response'], 'true')
      assert.equal(headers['x-request-id'], 'r-1')
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'none';/)
    })
  }

  it('tells when to come back exactly where that helps', () => {
    const busy = renderProblem(problemOfCode('PDP_UNAVAILABLE', 'r'), 'json')
    assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '2'])
    assert.equal(renderProblem(denied, 'json').headers['retry-after'], undefined)
  })

  it('names a way to authenticate with 401', () => {
    const answer = renderProblem(
      problemOfCode('SIGN_IN_REQUIRED', 'r', { signInUrl: 'https://auth.example.com/x' }),
      'json',
    )
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
    assert.equal(JSON.parse(answer.body).sign_in_url, 'https://auth.example.com/x')
  })
})

describe('the body', () => {
  it('is JSON with the names that Pomerium uses', () => {
    const { headers, body } = renderProblem(denied, 'json')
    assert.equal(headers['content-type'], 'application/json')
    const { error, request_id: requestId, code, facts } = JSON.parse(body)
    assert.deepEqual([error, requestId, code], [catalogue.ACCESS_DENIED.says, 'r-1', 'ACCESS_DENIED'])
    assert.deepEqual(facts, { 'Signed in as': 'ada@example.com' })
  })

  it('is the Status object that kubectl reads', () => {
    const { kind, code, reason } = JSON.parse(renderProblem(denied, 'kubernetes').body)
    assert.deepEqual([kind, code, reason], ['Status', 403, 'Forbidden'])
  })

  it('is a few lines of text', () => {
    assert.match(
      renderProblem(denied, 'text').body,
      /^403 You are signed in.*\nAsk .*\nSigned in as: ada@example\.com\nACCESS_DENIED, request r-1\n$/,
    )
  })

  it('is empty for gRPC, whose status is in the headers', () => {
    const problem = problemOfCode('ACCESS_DENIED', 'r', { says: '100 % não\n' })
    const { headers, body } = renderProblem(problem, 'grpc')
    assert.equal(body, '')
    assert.equal(headers['content-type'], 'application/grpc+json')
    assert.equal(headers['grpc-status'], '7')
    assert.equal(headers['grpc-message'], '100 %25 n%C3%A3o%0A')
    assert.equal(renderProblem(problem, 'grpc-web').headers['content-type'], 'application/grpc-web+json')
  })

  for (const [code, grpcStatus] of [
    ['REQUEST_AMBIGUOUS', '13'],
    ['SIGN_IN_REQUIRED', '16'],
    ['ROUTE_NOT_FOUND', '12'],
    ['PDP_DEADLINE', '14'],
    ['INTERNAL', '2'],
  ] as const) {
    it(`has gRPC status ${grpcStatus} for ${code}`, () => {
      assert.equal(renderProblem(problemOfCode(code, 'r'), 'grpc').headers['grpc-status'], grpcStatus)
    })
  }
})

describe('an exception', () => {
  it('with a code is told in the words of the catalogue, without its detail', () => {
    const problem = problemOf(new PosternError('TOKEN_MINT_FORBIDDEN', 'sa@project lacks a role'), 'r-1')
    const { http, says } = catalogue.TOKEN_MINT_FORBIDDEN
    assert.deepEqual([problem.code, problem.status, problem.says], ['TOKEN_MINT_FORBIDDEN', http, says])
    for (const format of formats) {
      assert.doesNotMatch(JSON.stringify(renderProblem(problem, format)), /sa@project/)
    }
  })

  it('without a code is our fault, and tells nothing', () => {
    for (const thrown of [new TypeError('x is not a function'), 'text', undefined, { code: 'ACCESS_DENIED' }]) {
      const answer = renderProblem(problemOf(thrown, 'r-1'), 'html')
      assert.deepEqual([answer.status, answer.headers['postern-error']], [500, 'INTERNAL'])
      assert.doesNotMatch(answer.body, /not a function/)
    }
  })
})

describe('every code of the catalogue', () => {
  for (const code of Object.keys(catalogue) as ErrorCode[]) {
    it(`${code} has a page, and an error status`, () => {
      const { status, body } = renderProblem(problemOfCode(code, 'r-1'), 'html')
      assert.ok(status >= 400 && status < 600)
      assert.ok(body.includes(`Error ${status}`) && body.includes(code) && body.includes('r-1'))
    })
  }
})
