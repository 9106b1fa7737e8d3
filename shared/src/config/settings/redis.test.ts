import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, load, warningsOf } from '../config-fixture.ts'

const withUrl = (url: string, ...lines: string[]): string =>
  baseConfig.replace(/^redis_url: .*$/m, `redis_url: ${url}`) + lines.map((line) => `${line}\n`).join('')

const cluster = 'rediss+cluster://a,b'
const sentinels = 'rediss+sentinel://a,b/mymaster'

describe('where sessions are kept', () => {
  it('sentinels may ask for a user and a password of their own', () => {
    const { redis } = load(
      withUrl(sentinels, 'redis_sentinel_username: watcher', 'redis_sentinel_password: hush'),
    ).authorize
    assert.equal(redis?.sentinelUsername, 'watcher')
    assert.equal(redis.sentinelPassword?.reveal(), 'hush')
  })

  it('a certificate without a fitting name is accepted from a named authority', () => {
    const { redis } = load(
      withUrl('rediss://10.0.0.3:6378', 'redis_tls_verify: ca', 'redis_ca_file: /tls/ca.pem'),
    ).authorize
    assert.equal(redis?.tlsVerify, 'ca')
    assert.equal(load(baseConfig).authorize.redis?.tlsVerify, 'full')
  })

  it('the keys of a cluster share a hash tag', () => {
    assert.equal(load(withUrl(cluster)).authorize.redis?.keyPrefix, '{postern}:')
    assert.equal(load(withUrl(cluster, 'redis_key_prefix: "a:{b}:"')).authorize.redis?.keyPrefix, 'a:{b}:')
    assert.equal(load(withUrl(sentinels)).authorize.redis?.keyPrefix, 'postern:')
  })

  for (const [title, text, message] of [
    [
      'authorities that are none',
      withUrl('rediss://a', 'redis_ca_file: /secrets/text'),
      'config.yaml:9:16 redis_ca_file: the file /secrets/text holds no PEM certificate',
    ],
    [
      'a URL of another kind',
      withUrl('http://hidden@a'),
      'config.yaml:7:12 redis_url: not a Redis URL; expected rediss://user:password@host:6379/0',
    ],
    [
      'a cluster prefix without a hash tag',
      withUrl(cluster, 'redis_key_prefix: "a:{}:"'),
      'config.yaml:9:19 redis_key_prefix: a cluster needs a hash tag in it, so that all keys are on one node: "{postern}:"',
    ],
    [
      'no authority for a certificate whose name does not count',
      withUrl('rediss://a', 'redis_tls_verify: ca'),
      'config.yaml:9:19 redis_tls_verify: without redis_ca_file, any certificate of any public authority would do; name the authority of Redis',
    ],
    [
      'a name for a certificate that there is not',
      withUrl('redis://127.0.0.1', 'redis_tls_server_name: redis.local'),
      'config.yaml:9:24 redis_tls_server_name: has no effect with redis://; write rediss:// in redis_url',
    ],
    [
      'a password for sentinels that there are not',
      withUrl('rediss://a', 'redis_sentinel_password: hush'),
      'config.yaml:9:26 redis_sentinel_password: has no effect without sentinels; write rediss+sentinel:// in redis_url',
    ],
  ] as const) {
    it(`${title} is a mistake`, () => assert.deepEqual(errorsOf(text), [message]))
  }

  it('plain text is worth a warning, unless every host is this machine', () => {
    const said = (url: string) => warningsOf(withUrl(url)).filter((line) => line.includes('redis'))
    assert.deepEqual(said('redis+cluster://127.0.0.1:1,10.0.0.1:1'), [
      'config.yaml:7:12 redis_url: warning: the connection to Redis is not encrypted; rediss:// is',
    ])
    assert.deepEqual(said('redis+cluster://127.0.0.1:1,localhost:1'), [])
  })
})
