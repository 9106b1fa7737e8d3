import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, it } from 'node:test'
import { Secret } from '../secret.ts'
import { parseCredential } from './parse-credential.ts'

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const ecPem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const email = 'proxy@example-project.iam.gserviceaccount.com'
const impersonationUrl = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
const key = {
  type: 'service_account',
  client_email: email,
  private_key: pem,
  token_uri: 'https://oauth2.googleapis.com/token',
}
const federation = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  service_account_impersonation_url: impersonationUrl,
  credential_source: { file: '/var/run/token' },
}

const parse = (document: unknown) => parseCredential(new Secret(JSON.stringify(document)))

describe('a Google credential file', () => {
  it('of a service account is read, also with a key whose line breaks are written out', () => {
    const escaped = pem.replaceAll('\n', '\\n')
    for (const private_key of [pem, escaped]) {
      const credential = parse({ ...key, private_key })
      assert.equal(credential.type === 'service_account' && credential.key.reveal(), pem)
    }
  })

  it('of workload identity federation becomes an impersonation, for federation alone has no ID tokens', () => {
    const credential = parse(federation)
    assert.ok(credential.type === 'impersonated' && credential.source.type === 'external_account')
    assert.equal(credential.target, email)
    assert.equal(credential.source.options['service_account_impersonation_url'], undefined)
  })

  it('of an impersonated service account keeps its delegates and its source', () => {
    const credential = parse({
      type: 'impersonated_service_account',
      service_account_impersonation_url: impersonationUrl,
      delegates: ['middle@example-project.iam.gserviceaccount.com'],
      source_credentials: key,
    })
    assert.ok(credential.type === 'impersonated')
    assert.deepEqual(
      [credential.target, credential.delegates.length, credential.source.type],
      [email, 1, 'service_account'],
    )
  })

  it('prints without its secrets', () => {
    assert.ok(!inspect(parse(key), { depth: 9 }).includes('PRIVATE KEY'))
  })

  const refused: readonly [string, unknown, RegExp][] = [
    ['a text that is no JSON', 'a', /not a JSON object/],
    ['a list', [], /not a JSON object/],
    ['an unknown type', { type: 'api_key' }, /its type is none of/],
    ['a key without a name', { ...key, client_email: '' }, /no client_email/],
    ['a key that is no PEM', { ...key, private_key: 'abc' }, /not an RSA key/],
    ['a key of the wrong kind', { ...key, private_key: ecPem }, /not an RSA key/],
    [
      'a token_uri that is not Google’s',
      { ...key, token_uri: 'https://evil.example/token' },
      /token_uri is not Google's/,
    ],
    [
      'a token_url that is not Google’s',
      { ...federation, token_url: 'https://sts.googleapis.com.evil.example/v1/token' },
      /Security Token/,
    ],
    ['a token_url without TLS', { ...federation, token_url: 'http://sts.googleapis.com/v1/token' }, /Security Token/],
    [
      'an impersonation address that is not Google’s',
      { ...federation, service_account_impersonation_url: impersonationUrl.replace('googleapis.com', 'evil.example') },
      /iamcredentials/,
    ],
    [
      'an impersonation address with a path hidden in the account',
      { ...federation, service_account_impersonation_url: impersonationUrl.replace(email, `${email}/../x`) },
      /iamcredentials/,
    ],
    [
      'federation that runs a program',
      { ...federation, credential_source: { executable: { command: 'id' } } },
      /runs a program/,
    ],
    [
      'federation without a service account',
      { ...federation, service_account_impersonation_url: undefined },
      /no ID tokens/,
    ],
    ['another universe', { ...key, universe_domain: 'evil.example' }, /universe_domain/],
  ]
  for (const [what, document, why] of refused) {
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => parse(document),
        (error: Error & { code?: string }) =>
          error.code === 'CONFIG_INVALID' && why.test(error.message) && !error.message.includes('PRIVATE'),
      )
    })
  }
})
