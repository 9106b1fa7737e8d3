import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { apartConfig, baseConfig, certificateKey, errorsOf, load, secretA, warningsOf } from '../config-fixture.ts'

const make = 'make one with `postern keys new`'

function withSecret(key: string, value: string): string {
  return baseConfig.replace(new RegExp(`^${key}: .*$`, 'm'), `${key}: ${value}`)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('a secret that is not one is refused, and never repeated', () => {
  for (const [title, value, message] of [
    ['a placeholder', 'changeme', `this is a placeholder; ${make}`],
    ['another placeholder', 'REPLACE_ME_WITH_SOMETHING', `this is a placeholder; ${make}`],
    ['an unfilled template', '"${SHARED_SECRET}"', `this is a placeholder; ${make}`],
    ['plain text', '"correct horse battery staple"', `expected base64 of 32 random bytes; ${make}`],
    ['sixteen bytes', base64('1234567890123456'), `too short: 16 bytes, expected base64 of 32 random bytes; ${make}`],
    [
      'a sentence in base64',
      base64('this is my very own shared secret'),
      `this is not random: it looks like text or a pattern; ${make}`,
    ],
    ['zeros', Buffer.alloc(32).toString('base64'), `this is not random: it looks like text or a pattern; ${make}`],
    ['white space around it', `" ${secretA}\\n"`, 'white space stands around the secret'],
    ['nothing', '""', 'given but empty; expected text'],
    ['a number', '12345', 'this value is not right; expected text'],
  ] as const) {
    it(title, () => {
      assert.deepEqual(errorsOf(withSecret('shared_secret', value)), [`config.yaml:2:16 shared_secret: ${message}`])
    })
  }

  it('an empty variable', () => {
    assert.deepEqual(errorsOf(baseConfig, { env: { IDP_CLIENT_SECRET: '' } }), [
      '$IDP_CLIENT_SECRET idp_client_secret: given but empty; expected text',
    ])
  })

  it('a client secret that nobody filled in', () => {
    assert.deepEqual(errorsOf(withSecret('idp_client_secret', 'your-client-secret')), [
      'config.yaml:6:20 idp_client_secret: this is a placeholder',
    ])
  })

  it('a file that is not there, or empty', () => {
    assert.deepEqual(errorsOf(withSecret('shared_secret', 'x').replace('shared_secret:', 'shared_secret_file:')), [
      'config.yaml:2:21 shared_secret_file: the file x does not exist',
    ])
    assert.deepEqual(
      errorsOf(withSecret('shared_secret', '/secrets/empty').replace('shared_secret:', 'shared_secret_file:')),
      ['config.yaml:2:21 shared_secret_file: the file /secrets/empty is empty'],
    )
  })

  it('two forms of one secret in one place', () => {
    assert.deepEqual(errorsOf(`${baseConfig}shared_secret_file: /secrets/shared\n`), [
      'config.yaml:9:1 shared_secret_file: given beside shared_secret; keep one of the two',
    ])
  })

  it('one of several that are accepted', () => {
    assert.deepEqual(errorsOf(`${baseConfig}shared_secret_accepted: ${secretA} changeme\n`), [
      `config.yaml:9:25 shared_secret_accepted: secret 2: this is a placeholder; ${make}`,
    ])
  })

  it('one secret for two purposes deserves a warning', () => {
    assert.deepEqual(
      warningsOf(withSecret('cookie_secret', secretA)).filter((line) => line.includes('secret')),
      ['config.yaml:3:16 cookie_secret: warning: the same as shared_secret; give each its own'],
    )
  })
})

describe('missing secrets', () => {
  const missing = baseConfig.replaceAll(/^(?:shared|cookie)_secret: .*\n/gm, '')

  it('are random where all services share one process, which is said aloud', () => {
    const [first, second] = [load(missing), load(missing)]
    assert.notEqual(first.authorize.sharedSecret.reveal(), second.authorize.sharedSecret.reveal())
    assert.equal(first.authorize.sharedSecret, first.authenticate.sharedSecret)
    assert.equal(warningsOf(missing).filter((line) => line.includes('not set, so a random one is used')).length, 2)
  })

  it('are a mistake where the services run apart', () => {
    const apart = apartConfig.replaceAll(/^(?:shared|cookie)_secret: .*\n/gm, '')
    const errors = errorsOf(apart, { services: ['authenticate'] })
    assert.deepEqual(
      errors.map((line) => line.split(';')[0]),
      ['config.yaml:1:1 shared_secret: not set', 'config.yaml:1:1 cookie_secret: not set'],
    )
  })

  it('are no mistake for a service that does not read them', () => {
    const apart = apartConfig.replaceAll(/^(?:shared|cookie)_secret: .*\n/gm, '')
    assert.deepEqual(errorsOf(apart, { services: ['proxy'] }), [])
  })
})

describe('signing_key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const edwards = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const errors = (pem: string): string[] => errorsOf(`${baseConfig}signing_key: ${base64(pem)}\n`)
  const expected = 'expected an EC key on P-256, or an RSA key of at least 2048 bits'

  it('holds one key or several, as PEM or as its base64', () => {
    assert.deepEqual(errors(certificateKey), [])
    assert.deepEqual(errors(certificateKey + rsa), [])
    assert.deepEqual(errorsOf(`${baseConfig}signing_key: |\n  ${rsa.trim().replaceAll('\n', '\n  ')}\n`), [])
  })

  it('is not a weak key, an Ed25519 key or something else', () => {
    assert.deepEqual(errors(certificateKey + weak), [`config.yaml:9:14 signing_key: key 2: ${expected}`])
    assert.deepEqual(errors(edwards), [`config.yaml:9:14 signing_key: key 1: ${expected}`])
    assert.deepEqual(errors('hello'), ['config.yaml:9:14 signing_key: expected PEM private keys, or base64 of them'])
  })

  it('is derived from the shared secret when there is none', () => {
    assert.deepEqual(load(baseConfig).authorize.signingKey, { kind: 'derived' })
  })
})

describe('the configuration as a whole', () => {
  it('does not print its secrets', () => {
    const config = load(baseConfig)
    for (const text of [inspect(config, { depth: 9, getters: true }), JSON.stringify(config)]) {
      assert.ok(!text.includes(secretA) && !text.includes('GOCSPX'))
    }
  })
})
