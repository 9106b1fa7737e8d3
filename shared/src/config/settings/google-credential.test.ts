import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, certificateKey, errorsOf, load } from '../config-fixture.ts'

const key = 'google_cloud_serverless_authentication_service_account'
const serviceAccount = {
  type: 'service_account',
  client_email: 'a@b.iam.gserviceaccount.com',
  private_key: certificateKey,
}
const federated = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file: '/var/run/token' },
}
const impersonated = {
  type: 'impersonated_service_account',
  service_account_impersonation_url:
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateIdToken',
  source_credentials: { type: 'authorized_user' },
}

function errorsWith(credential: object): string[] {
  return errorsOf(baseConfig, { env: { [key.toUpperCase()]: JSON.stringify(credential) } }).map((line) =>
    line.slice(line.indexOf(': ') + 2),
  )
}

describe('Google credentials', () => {
  for (const credential of [serviceAccount, federated, impersonated]) {
    it(`may be of type ${credential.type}`, () => {
      assert.deepEqual(errorsWith(credential), [])
    })
  }

  it('come from the environment when none are given', () => {
    assert.deepEqual(load(baseConfig).proxy.googleCredential, { kind: 'ambient' })
  })

  it('may be base64 with wrapped lines and white space around it', () => {
    const wrapped = `\n${Buffer.from(JSON.stringify(serviceAccount)).toString('base64').replace(/.{76}/g, '$&\n')}\n`
    const { googleCredential } = load(baseConfig, { env: { [key.toUpperCase()]: wrapped } }).proxy
    assert.equal(googleCredential.kind === 'json' && googleCredential.json.reveal(), JSON.stringify(serviceAccount))
  })

  for (const [title, credential, message] of [
    [
      'another type',
      { type: 'authorized_user' },
      'the credential’s type must be one of service_account, external_account, impersonated_service_account',
    ],
    ['no private key', { ...serviceAccount, private_key: '' }, 'the credential lacks private_key'],
    [
      'a private key that cannot be read',
      { ...serviceAccount, private_key: 'hush' },
      'the credential’s private_key cannot be read',
    ],
    [
      'a token endpoint in the clear',
      { ...serviceAccount, token_uri: 'http://evil.example' },
      'the credential’s token_uri must begin with https://',
    ],
    [
      'a token service that is not Google’s',
      { ...federated, token_url: 'https://evil.example/sts.googleapis.com' },
      'the credential’s token_url must be https://sts.googleapis.com/…',
    ],
    [
      'an impersonation service that is not Google’s',
      { ...impersonated, service_account_impersonation_url: 'https://evil.example/' },
      'the credential’s service_account_impersonation_url must be https://iamcredentials.googleapis.com/…',
    ],
  ] as const) {
    it(`are refused with ${title}`, () => {
      assert.deepEqual(errorsWith(credential), [message])
    })
  }

  it('are refused when they are no JSON, without being repeated', () => {
    const [error = ''] = errorsOf(baseConfig, { env: { [key.toUpperCase()]: '{"private_key": "hush"' } })
    assert.match(error, /expected the JSON of a Google credential, or base64 of it$/)
  })
})
