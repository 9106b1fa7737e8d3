import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Secret } from '@postern/shared/secret.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { fixedRequestParameters, profileOf } from './provider-profiles.ts'

function parametersOf(provider: string, overrides: Partial<IdpConfig> = {}): Record<string, string> {
  const config: IdpConfig = {
    provider,
    issuer: new URL('https://idp.example.com'),
    clientId: 'client',
    clientSecret: new Secret('secret'),
    scopes: undefined,
    requestParams: undefined,
    ...overrides,
  }
  return fixedRequestParameters(config, profileOf(provider))
}

describe('what a provider is asked for', () => {
  const defaults: readonly [string, Record<string, string>][] = [
    ['oidc', { scope: 'openid profile email offline_access' }],
    ['okta', { scope: 'openid profile email offline_access' }],
    ['google', { scope: 'openid profile email', access_type: 'offline', prompt: 'select_account consent' }],
    ['azure', { scope: 'openid profile email offline_access', prompt: 'select_account' }],
    ['gitlab', { scope: 'openid profile email' }],
    ['cognito', { scope: 'openid profile email' }],
    ['apple', { scope: 'openid name email', response_mode: 'form_post' }],
  ]
  for (const [provider, expected] of defaults) {
    it(`${provider} by default`, () => assert.deepEqual(parametersOf(provider), expected))
  }

  it('idp_request_params replaces the defaults', () => {
    assert.deepEqual(parametersOf('google', { requestParams: { hd: 'example.com' } }), {
      scope: 'openid profile email',
      hd: 'example.com',
    })
  })

  it("idp_request_params cannot replace the protocol's own parameters", () => {
    const parameters = parametersOf('oidc', { requestParams: { state: 'fixed', nonce: 'fixed', client_id: 'other' } })
    assert.deepEqual(parameters, { scope: 'openid profile email offline_access' })
  })

  it('what a provider cannot do without stays', () => {
    assert.equal(parametersOf('apple', { requestParams: { response_mode: 'query' } })['response_mode'], 'form_post')
  })

  it('idp_scopes replaces the scopes, but openid is always among them', () => {
    assert.equal(parametersOf('oidc', { scopes: ['email'] })['scope'], 'openid email')
  })
})
