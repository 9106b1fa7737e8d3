// CFG-08: what a reload changes, and what waits for a restart.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { eventually } from '../../support/eventually.ts'
import { configText, temporaryDirectory, watchConfig } from './files.ts'

const { certificate } = new CertificateAuthority('redis')
const secret = 'f3T0nYH6wqBQ4mUe0J9cXyJr1dOq7kR2l8h0uV5sZpE='

describe('settings that need a restart', () => {
  it('stay as they were, and are named; everything else of the file counts', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    const { listen } = watched.config.current.proxy
    const { sharedSecret } = watched.config.current.authorize
    const more = `shared_secret: ${secret}\nredis_url: rediss://redis.example.com\nxff_num_trusted_hops: 2\ncookie_expire: 1h\n`
    await writeFile(path, configText('two.example.com', more).replace('127.0.0.1:0', '127.0.0.1:8443'))
    await watched.hasHost('two.example.com')
    const { proxy, authorize, authenticate } = watched.config.current
    assert.deepEqual(proxy.listen, listen)
    assert.equal(authorize.sharedSecret, sharedSecret)
    assert.equal(authenticate.redis, undefined)
    assert.deepEqual([proxy.trustedHops, authenticate.cookie.expireMs], [2, 3_600_000])
    const warning = watched.log.lines.find(({ message }) => message === 'settings that wait for a restart have changed')
    assert.deepEqual(warning?.fields['keys'], ['address', 'shared_secret', 'redis_url'])
    assert.doesNotMatch(JSON.stringify(watched.log.lines), new RegExp(secret.slice(0, 10)))
  })

  it('are not named when nothing about them changed: a random secret stays the same', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    const { sharedSecret } = watched.config.current.authorize
    await writeFile(path, configText('two.example.com'))
    await watched.hasHost('two.example.com')
    assert.equal(watched.config.current.authorize.sharedSecret.reveal(), sharedSecret.reveal())
    assert.deepEqual(
      watched.log.lines.filter(({ level }) => level === 'warn'),
      [],
    )
  })

  it('include what is in a file that was read at the start, such as the authorities of Redis', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    const authorities = join(directory.path, 'ca.pem')
    await writeFile(authorities, certificate)
    const more = `shared_secret: ${secret}\nredis_url: rediss://redis.example.com\nredis_ca_file: ${authorities}\n`
    await writeFile(path, configText('one.example.com', more))
    using watched = await watchConfig(path)
    await writeFile(authorities, `${certificate}${certificate}`)
    const keys = (): unknown[] => watched.log.lines.flatMap(({ fields }) => fields['keys'] ?? [])
    await eventually('the change is named', 3000, () => keys().length > 0)
    assert.deepEqual(keys(), ['redis_ca_file'])
  })

  it('include where metrics are, and what is asked for there; not the password itself', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    const metrics = (address: string, password: string) =>
      `metrics_address: ${address}\nmetrics_basic_auth: ${Buffer.from(`p:${password}`).toString('base64')}\n`
    await writeFile(path, configText('one.example.com', metrics('127.0.0.1:9090', 'first')))
    using watched = await watchConfig(path)
    const inForce = () => watched.config.current.metrics
    await writeFile(path, configText('two.example.com', metrics('127.0.0.1:9090', 'second')))
    await watched.hasHost('two.example.com')
    assert.equal(inForce()?.basicAuth?.reveal(), 'p:second')
    const keys = (): unknown[] => watched.log.lines.flatMap(({ fields }) => fields['keys'] ?? [])
    assert.deepEqual(keys(), [])

    await writeFile(path, configText('three.example.com', metrics('127.0.0.1:9091', 'third')))
    await watched.hasHost('three.example.com')
    assert.deepEqual(inForce()?.listen, { kind: 'tcp', host: '127.0.0.1', port: 9090 })
    assert.equal(inForce()?.basicAuth?.reveal(), 'p:third')
    assert.deepEqual(keys(), ['metrics_address'])
  })

  it('include whether a listener speaks TLS, and which services run', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    const apart = 'services: proxy\nauthorize_service_url: unix:///a\nauthenticate_grpc_service_url: unix:///b\n'
    await writeFile(path, configText('two.example.com', apart))
    await watched.hasHost('two.example.com')
    assert.deepEqual(watched.config.current.services, ['proxy', 'authorize', 'authenticate'])
    const keys = watched.log.lines.flatMap(({ fields }) => fields['keys'] ?? [])
    assert.ok(keys.includes('services'))
  })
})
