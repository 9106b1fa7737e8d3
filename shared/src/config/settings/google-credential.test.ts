import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { baseConfig, certificateKey, errorsOf, load, oneRoute, warningsOf } from '../config-fixture.ts'
import type { ConfigInput } from '../load-config.ts'

const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const key = 'google_cloud_serverless_authentication_service_account'
const serviceAccount = {
  type: 'service_account',
  client_email: 'a@b.iam.gserviceaccount.com',
  private_key: rsaKey,
}
const federated = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file: '/var/run/token' },
  service_account_impersonation_url:
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateAccessToken',
}
const person = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' }
const impersonated = {
  type: 'impersonated_service_account',
  service_account_impersonation_url:
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateIdToken',
  source_credentials: person,
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
    ['another type', { type: 'api_key' }, /its type is none of service_account, external_account/],
    ['a person’s', person, /a person’s credential \(authorized_user\) is not for a service/],
    ['no private key', { ...serviceAccount, private_key: '' }, /it has no private_key$/],
    ['a private key that cannot be read', { ...serviceAccount, private_key: 'hush' }, /not an RSA key in PEM form$/],
    ['a key that Google does not give out', { ...serviceAccount, private_key: certificateKey }, /not an RSA key/],
    [
      'a token endpoint elsewhere',
      { ...serviceAccount, token_uri: 'https://evil.example' },
      /token_uri is not Google's$/,
    ],
    [
      'a token service elsewhere',
      { ...federated, token_url: 'https://evil.example/sts.googleapis.com' },
      /Security Token/,
    ],
    [
      'a token service by another name',
      { ...federated, token_url: 'https://sts.evil.example/v1/token' },
      /Security Token/,
    ],
    ['a program to run', { ...federated, credential_source: { executable: { command: 'x' } } }, /runs a program$/],
    [
      'nobody to speak as',
      { ...federated, service_account_impersonation_url: undefined },
      /names no service account \(service_account_impersonation_url\)/,
    ],
    [
      'an impersonation service elsewhere',
      { ...impersonated, service_account_impersonation_url: 'https://iamcredentials.evil.example/' },
      /is not one of Google's iamcredentials$/,
    ],
  ] as const) {
    it(`are refused with ${title}`, () => {
      const errors = errorsWith(credential)
      assert.equal(errors.length, 1)
      assert.match(errors[0] ?? '', message)
    })
  }

  it('are refused when they are no JSON, without being repeated', () => {
    const [error = ''] = errorsOf(baseConfig, { env: { [key.toUpperCase()]: '{"private_key": "hush"' } })
    assert.match(error, /it is not a JSON object$/)
    const [other = ''] = errorsOf(baseConfig, { env: { [key.toUpperCase()]: 'hush!' } })
    assert.match(other, /expected the JSON of a Google credential, or base64 of it$/)
  })
})

describe('the file that GOOGLE_APPLICATION_CREDENTIALS names', () => {
  const env = { GOOGLE_APPLICATION_CREDENTIALS: '/keys/sa.json' }
  const needed = `${baseConfig}${oneRoute}  enable_google_cloud_serverless_authentication: true\n`
  const having = (credential: unknown): Partial<ConfigInput> => ({ env, readFile: () => JSON.stringify(credential) })

  it('counts where a route needs a token and the configuration gives no credential', () => {
    for (const credential of [serviceAccount, person]) {
      const { googleCredential } = load(needed, having(credential)).proxy
      assert.equal(googleCredential.kind === 'json' && googleCredential.json.reveal(), JSON.stringify(credential))
    }
    assert.deepEqual(load(baseConfig + oneRoute, { env }).proxy.googleCredential, { kind: 'ambient' })
    const own = { ...env, [key.toUpperCase()]: JSON.stringify(serviceAccount) }
    const { googleCredential } = load(needed, { ...having(person), env: own }).proxy
    assert.equal(googleCredential.kind === 'json' && googleCredential.json.reveal(), JSON.stringify(serviceAccount))
  })

  it('has to be there, and right', () => {
    assert.match(errorsOf(needed, { env }).join(), /^\$GOOGLE_APPLICATION_CREDENTIALS the file \/keys\/sa\.json /)
    assert.deepEqual(errorsOf(needed, having({ type: 'service_account' })), [
      '$GOOGLE_APPLICATION_CREDENTIALS the Google credential cannot be used: it has no private_key',
    ])
  })

  it('is worth a warning where everybody on the machine can read it (TOK-14), but not in a container', () => {
    const open = { ...having(serviceAccount), isReadableByAll: () => true }
    const warning = /^\$GOOGLE_APPLICATION_CREDENTIALS warning: everybody on this machine can read \/keys\/sa\.json/
    assert.ok(warningsOf(needed, open).some((line) => warning.test(line)))
    assert.deepEqual(warningsOf(needed, having(serviceAccount)), [])
    const inPod = { ...open, env: { ...env, KUBERNETES_SERVICE_HOST: '10.0.0.1' } }
    assert.deepEqual(warningsOf(needed, inPod), [])
    const twin = { [`${key.toUpperCase()}_FILE`]: '/keys/other.json' }
    assert.match(warningsOf(needed, { ...open, env: twin }).join(), /can read \/keys\/other\.json/)
  })
})
