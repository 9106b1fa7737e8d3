import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IdentityProvider } from '../idp/identity-provider.ts'
import { authenticateRpc, type AuthenticateRpcDeps } from './authenticate-rpc.ts'
import { verifyAccessToken } from './verify-access-token.ts'

describe('what the other services may ask of authenticate', () => {
  it('is for one of them each', () => {
    const { methods } = authenticateRpc({} as AuthenticateRpcDeps)
    const callers = Object.entries(methods).map(([name, method]) => [name, method.kind === 'unary' && method.callers])
    assert.deepEqual(Object.fromEntries(callers), {
      RedeemTicket: ['proxy'],
      RefreshSession: ['authorize'],
      ReportUse: ['authorize'],
      VerifyAccessToken: ['authorize'],
    })
  })

  it('about access tokens is asked as one of our clients at the provider; about none it is no answer', async () => {
    const identity = { userId: 'ada', email: undefined, name: 'Ada', claims: { team: ['red', 7] } }
    const statement = {
      issuer: 'https://idp.example',
      audiences: ['api'],
      identity,
      issuedAtMs: undefined,
      expiresAtMs: 5_000,
    }
    const asked: string[] = []
    const provider = {
      verifyAccessToken: (token: string) => {
        asked.push(token)
        return Promise.resolve(token === 'good' ? { kind: 'valid', statement } : { kind: 'refused', why: 'expired' })
      },
    } as unknown as IdentityProvider
    const verify = verifyAccessToken({ idps: { find: (id) => (id === 'ours' ? provider : undefined) } })
    assert.deepEqual(await verify({ idpId: 'ours', accessToken: 'good' }), {
      outcome: 'OUTCOME_VALID',
      userId: 'ada',
      email: '',
      name: 'Ada',
      claimsJson: '{"team":["red",7]}',
      issuer: 'https://idp.example',
      audiences: ['api'],
      issuedAtMs: 0,
      expiresAtMs: 5_000,
    })
    assert.deepEqual(await verify({ idpId: 'ours', accessToken: 'old' }), {
      outcome: 'OUTCOME_REFUSED',
      whyRefused: 'expired',
    })
    await assert.rejects(verify({ idpId: 'gone', accessToken: 'good' }), { code: 'IDP_UNAVAILABLE' })
    assert.deepEqual(asked, ['good', 'old'])
  })
})
