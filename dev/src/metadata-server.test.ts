import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { proxyServiceAccount } from './google/google-keys.ts'
import { startMetadataServer, type MetadataServer } from './metadata-server.ts'

const base = '/computeMetadata/v1/instance/service-accounts/default'
const google = { 'metadata-flavor': 'Google' }

describe('the metadata server stand-in', () => {
  let metadata: MetadataServer
  let nowMs = Date.parse('2026-11-22T12:00:00Z')
  const read = async (path: string, headers: Record<string, string> = google) => {
    const response = await fetch(`${metadata.url}${path}`, { headers })
    return { status: response.status, text: await response.text(), flavor: response.headers.get('metadata-flavor') }
  }
  before(async () => {
    metadata = await startMetadataServer({ clock: { now: () => new Date(nowMs) } })
  })
  after(() => metadata[Symbol.asyncDispose]())

  it('issues an ID token for the audience, signed with the published key', async () => {
    const { text, flavor } = await read(`${base}/identity?format=full&audience=https%3A%2F%2Fa.run.app%2Fx%3Fy%3D1%26z`)
    const keySet = createLocalJWKSet(JSON.parse((await read('/oauth2/v3/certs')).text) as never)
    const { payload } = await jwtVerify(text, keySet, { currentDate: new Date(nowMs) })
    assert.equal(flavor, 'Google')
    assert.equal(payload.aud, 'https://a.run.app/x?y=1&z')
    assert.equal(payload['email'], proxyServiceAccount.email)
    assert.equal(Number(payload.exp) - Number(payload.iat), 3600)
  })

  it('hands out the same token until its last five minutes, as the real one does', async () => {
    const path = `${base}/identity?audience=https://reuse.a.run.app`
    const first = (await read(path)).text
    nowMs += 54 * 60_000
    assert.equal((await read(path)).text, first)
    nowMs += 2 * 60_000
    assert.notEqual(decodeJwt((await read(path)).text).exp, decodeJwt(first).exp)
  })

  it('refuses what the real one refuses', async () => {
    assert.equal((await read(`${base}/email`, {})).status, 403)
    assert.equal((await read(`${base}/identity`)).text, 'non-empty audience parameter required')
    assert.equal((await read(`${base}/nonsense`)).status, 404)
    assert.equal((await read(`${base}/email`)).text, proxyServiceAccount.email)
  })

  it('fails on request, as often as asked, and remembers what was asked of it', async () => {
    metadata.faults.forgetRequests()
    metadata.faults.fail(503, 2)
    const statuses = []
    for (let round = 0; round < 3; round += 1) statuses.push((await read(`${base}/identity?audience=x`)).status)
    assert.deepEqual(statuses, [503, 503, 200])
    assert.deepEqual(metadata.faults.audiences, ['x', 'x', 'x'])
  })
})
