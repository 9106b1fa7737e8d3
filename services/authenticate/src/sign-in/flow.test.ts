import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Sealer } from '@postern/shared/crypto/seal.ts'
import { systemRandom } from '@postern/shared/random.ts'
import { FlowBox, newFlow } from './flow.ts'

const box = new FlowBox(new Sealer([Buffer.alloc(32, 1)]))
const now = new Date('2026-11-22T12:00:00Z')
const plain = { bindingHash: 'hash', idpId: 'idp', credentialHost: undefined, rest: undefined }
const flowTo = (target: string) => newFlow({ ...plain, target: new URL(target) }, now, systemRandom)

describe('a flow', () => {
  it('has secrets of its own, 256 bits each (CSRF-13)', () => {
    const [one, two] = [flowTo('https://app.test/'), flowTo('https://app.test/')]
    for (const secret of [one.secrets.nonce, one.secrets.codeVerifier]) assert.match(secret, /^[\w-]{43}$/)
    assert.notEqual(one.secrets.nonce, two.secrets.nonce)
    assert.notEqual(one.secrets.codeVerifier, two.secrets.codeVerifier)
    assert.notEqual(one.flowId, two.flowId)
  })

  it('comes out of its boxes as it went in', () => {
    const flow = flowTo('https://app.test/deep?q=1')
    const { flowId, target, startedAtMs, secrets } = flow
    assert.deepEqual(box.openState(box.sealState(flow)), { ...plain, flowId, target, startedAtMs })
    assert.deepEqual(box.openSecrets(flowId, box.sealSecrets(flowId, secrets)), secrets)
  })

  it('does not open as another one, nor one half as the other', () => {
    const flow = flowTo('https://app.test/')
    const secrets = box.sealSecrets(flow.flowId, flow.secrets)
    assert.equal(box.openSecrets('another', secrets), undefined)
    assert.equal(box.openState(secrets), undefined)
    assert.equal(box.openSecrets(flow.flowId, box.sealState(flow)), undefined)
    assert.equal(new FlowBox(new Sealer([Buffer.alloc(32, 2)])).openState(box.sealState(flow)), undefined)
  })

  it('does not show in the state where it leads', () => {
    const state = box.sealState(flowTo('https://app.test/secret-project'))
    assert.ok(!Buffer.from(state, 'base64url').toString('latin1').includes('secret-project'))
  })

  it('carries an address as far as it fits: without its query, else only its host', () => {
    const query = `?${'q'.repeat(3_000)}`
    assert.equal(flowTo(`https://app.test/short${query}`).target.href, 'https://app.test/short')
    assert.equal(flowTo(`https://app.test/${'p'.repeat(3_000)}${query}`).target.href, 'https://app.test/')
  })
})
