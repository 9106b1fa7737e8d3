import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HeaderNames } from '../request/header-names.ts'
import { keepsClientHost } from '../routes/host-rewrite.ts'
import { buildRequestHeaders, type RequestHeaderFacts, type RequestHeaderPlan } from './request-headers.ts'

const names = new HeaderNames([])

const plan: RequestHeaderPlan = {
  hostFor: () => 'up.internal',
  sendsForwardedHost: true,
  scheme: 'https',
  set: ['X-Team', 'red'],
  dropped: new Set(['x-team', 'x-removed']),
  removed: new Set(),
}

const facts: RequestHeaderFacts = {
  clientHeaders: [],
  cookies: undefined,
  authorization: undefined,
  host: 'app.test',
  path: '/',
  forwardedFor: '192.0.2.1',
  requestId: 'id',
  hops: 0,
  identity: [],
  removedByDecision: [],
  serverless: [],
  contentLength: undefined,
  names,
}

function clientHeaders(...headers: [string, string][]): RequestHeaderFacts['clientHeaders'] {
  return headers.map(([name, value]) => ({ name: names.find(name), value }))
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name)
}

describe('the header list for the upstream', () => {
  it('begins with ours, whatever the client sent', () => {
    const headers = buildRequestHeaders(plan, { ...facts, clientHeaders: clientHeaders(['Accept', '*/*']) })
    assert.deepEqual(headers.slice(0, 2), ['host', 'up.internal'])
    assert.deepEqual(headers.slice(-2), ['Accept', '*/*'])
    assert.deepEqual(valuesOf(headers, 'x-team'), ['red'])
  })

  it('has a header that the route sets once, and one that it removes never, in any spelling', () => {
    const sent = clientHeaders(['x-team', 'blue'], ['X.Team', 'blue'], ['X-Removed', '1'], ['X-Kept', '1'])
    const headers = buildRequestHeaders(plan, { ...facts, clientHeaders: sent })
    assert.deepEqual(valuesOf(headers, 'x-team'), ['red'])
    assert.equal(headers.includes('blue'), false)
    assert.deepEqual([valuesOf(headers, 'x-removed'), valuesOf(headers, 'x-kept')], [[], ['1']])
  })

  it('takes from the client what the decision sets or removes', () => {
    const sent = clientHeaders(['X-User', 'me'], ['X-Gone', '1'], ['X-Kept', '1'])
    const decision = { identity: [['X-User', 'alice']] as const, removedByDecision: ['x-gone'] }
    const headers = buildRequestHeaders(plan, { ...facts, clientHeaders: sent, ...decision })
    assert.deepEqual(valuesOf(headers, 'x-user'), ['alice'])
    assert.deepEqual([valuesOf(headers, 'x-gone'), valuesOf(headers, 'x-kept')], [[], ['1']])
  })

  it('has one Authorization: the route’s or the token’s before the client’s', () => {
    const sent = { ...facts, authorization: 'Bearer client' }
    assert.deepEqual(valuesOf(buildRequestHeaders(plan, sent), 'authorization'), ['Bearer client'])
    const withToken = { ...sent, serverless: ['authorization', 'Bearer google'] }
    assert.deepEqual(valuesOf(buildRequestHeaders(plan, withToken), 'authorization'), ['Bearer google'])
    const setByRoute = { ...plan, set: ['Authorization', 'Basic x'], dropped: new Set(['authorization']) }
    assert.deepEqual(valuesOf(buildRequestHeaders(setByRoute, sent), 'authorization'), ['Basic x'])
    const setByDecision = { ...sent, identity: [['Authorization', 'Bearer id']] as const }
    assert.deepEqual(valuesOf(buildRequestHeaders(plan, setByDecision), 'authorization'), ['Bearer id'])
  })

  it('keeps the host that was asked for where the route says so, and then says it once', () => {
    const preserving = { ...plan, ...keepsClientHost, sendsForwardedHost: false }
    const headers = buildRequestHeaders(preserving, facts)
    assert.deepEqual([valuesOf(headers, 'host'), valuesOf(headers, 'x-forwarded-host')], [['app.test'], []])
  })

  it('leaves out of ours what the route removes', () => {
    const removing = { ...plan, removed: new Set(['x-forwarded-for', 'x-forwarded-proto']) }
    const headers = buildRequestHeaders(removing, facts)
    assert.deepEqual([valuesOf(headers, 'x-forwarded-for'), valuesOf(headers, 'x-forwarded-proto')], [[], []])
  })
})
