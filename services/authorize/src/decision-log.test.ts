import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionField } from '@postern/shared/config/log-fields.ts'
import { usualDecisionFields } from '@postern/shared/config/log-fields.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { aboutCheck, DecisionLog } from './decision-log.ts'
import type { Judgement } from './policy/decide.ts'

const question: CheckQuestion = {
  routeId: 'r-1',
  configRevision: 'v1',
  requestId: 'q-1',
  facts: {
    method: 'GET',
    host: 'hello.example.com',
    path: '/a',
    query: 'page=2&code=hunter2',
    headers: new Map([['accept-language', ['de', 'en']]]),
    clientAddress: '192.0.2.1',
    clientCertificate: undefined,
  },
  credential: undefined,
  signInBinding: undefined,
}
const session = aSession(Date.now())

const allowed: Judgement = {
  decision: { kind: 'allow', reasons: ['email-ok'] },
  allow: { holds: true, reasons: ['email-ok'] },
  deny: { holds: false, reasons: [] },
} as never

function recordOf(fields?: readonly DecisionField[]): Record<string, unknown> {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLogger({ service: 'authorize', level: 'info', format: 'json', destination })
  const about = aboutCheck(fields)
  new DecisionLog(log, () => about).decided(question, session, allowed)
  const {
    severity: _s,
    time: _t,
    service: _n,
    message,
    ...record
  } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.equal(message, 'authorize check')
  return record
}

const decision = { outcome: 'allow', allow: true, 'allow-why-true': ['email-ok'], deny: false, 'deny-why-false': [] }

describe('the decision record', () => {
  it('has the usual fields, the handle of the session among them', () => {
    const record = recordOf()
    assert.deepEqual(Object.keys(record), [...usualDecisionFields, ...Object.keys(decision)])
    assert.equal(record['session-id'], session.handle)
  })

  it('has the fields that the configuration names, and always the decision', () => {
    const record = recordOf(['user', 'headers.Accept-Language', 'id-token-claims', 'envoy-route-id'])
    assert.deepEqual(record, {
      user: session.identity.userId,
      'headers.Accept-Language': 'de, en',
      'id-token-claims': session.identity.claims,
      'envoy-route-id': 'r-1',
      ...decision,
    })
  })

  it('never shows a code in a query', () => {
    assert.deepEqual(recordOf(['query']), { query: 'page=2&code=[redacted]', ...decision })
  })
})
