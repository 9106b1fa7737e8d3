import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { Secret } from '@postern/shared/secret.ts'
import { serviceNamed, writeCertificates } from '../../../dev/src/certificates.ts'
import { serve, type ServeOptions } from '../../../dev/src/serve.ts'
import { startStack } from '../../../dev/src/stack.ts'
import { holdsNoSecret, runDoctor, usualConfig } from '../../support/doctor.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { freePort } from '../../support/redis-server.ts'
import { allowAll, startScriptedAuthorize } from '../check/support.ts'

const days = 86_400_000

describe('postern doctor, reaching hosts, upstreams and services', () => {
  let directory: string
  const pairs: Record<string, NonNullable<ServeOptions['tls']>> = {}

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'))
    const written = await writeCertificates(directory, {
      good: {
        ...serviceNamed('good'),
        lifetimeMs: 90 * days,
        dnsNames: ['hello.localhost', 'localhost', 'auth.localhost'],
      },
      soon: { ...serviceNamed('soon'), lifetimeMs: 5 * days, dnsNames: ['hello.localhost', 'localhost'] },
      expired: { ...serviceNamed('expired'), lifetimeMs: -days, dnsNames: ['hello.localhost', 'localhost'] },
      other: { commonName: 'other', dnsNames: ['www.example.org'] },
    })

    for (const [name, { certificateFile, keyFile }] of Object.entries(written.files))
      pairs[name] = { certificate: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
    setDefaultCACertificates([written.authority.certificate])
  })
  after(() => rm(directory, { recursive: true }))

  const callback = 'https://authenticate.example.invalid/oauth2/callback'
  const postern = (tls: string, said: object = { authentication_callback_endpoint: callback }) =>
    serve((_, response) => response.end(JSON.stringify(said)), { tls: pairs[tls] ?? assert.fail() })
  const routesAt = (port: number, to = 'http://127.0.0.1:9') =>
    `${usualConfig}routes:\n  - from: https://hello.localhost:${String(port)}\n    to: ${to}\n    allow_any_authenticated_user: true\n`
  const hosts = async (port: number) => {
    const outcome = await runDoctor(routesAt(port), '--json', '--only', 'hosts')
    return outcome.lines.filter((line) => line.includes('hello.localhost'))
  }

  it('a host that leads to Postern, with a certificate that lasts', async () => {
    await using server = await postern('good')
    const lines = await hosts(server.port)
    assert.match(lines[0] ?? '', /^ok https:\/\/hello\.localhost:\d+: Postern answers/)
    assert.match(lines[1] ?? '', /^ok .*the certificate is good until \d{4}-\d\d-\d\d/)
  })

  it('a certificate that ends soon, has ended, or is for others', async () => {
    await using soon = await postern('soon')
    assert.match(
      (await hosts(soon.port))[1] ?? '',
      /^warning .*the certificate ends on .*, in [45] days → Renew it now/,
    )
    await using expired = await postern('expired')
    assert.match((await hosts(expired.port))[0] ?? '', /^problem .*TLS: the certificate has expired .*→ Renew it/)
    await using other = await postern('other')
    assert.match(
      (await hosts(other.port))[0] ?? '',
      /^problem .*TLS: the certificate is for other names \(www\.example\.org\).*→ Get a certificate for hello\.localhost/,
    )
  })

  it('a name that does not exist', async () => {
    const { code, lines } = await runDoctor(routesAt(443), '--json', '--only', 'hosts')
    assert.equal(code, 1)
    assert.match(
      lines[0] ?? '',
      /^problem https:\/\/authenticate\.example\.invalid: DNS: .*→ (?:Add a DNS record|Check the DNS)/,
    )
  })

  it('something else at this address, another Postern, and one that does not know the host', async () => {
    await using application = await postern('good', { hello: 'world' })
    assert.match(
      (await hosts(application.port))[0] ?? '',
      /^problem .*something else answers \(200.*is not asked who they are/,
    )
    const endpoint = 'https://authenticate.elsewhere.example/oauth2/callback'
    await using another = await postern('good', { authentication_callback_endpoint: endpoint })
    assert.match(
      (await hosts(another.port))[0] ?? '',
      /^problem .*another Postern or Pomerium .* authenticate\.elsewhere\.example/,
    )
    await using older = await serve(
      (_, response) => response.writeHead(404, { 'x-pomerium-intercepted-response': 'true' }).end(),
      { tls: pairs['good'] ?? assert.fail() },
    )
    assert.match((await hosts(older.port))[0] ?? '', /^problem .*Postern answers 404: .* does not know this host/)
  })

  it('upstreams: good, closed, without TLS, of a strange authority, and behind a socket', async () => {
    const upstream = async (to: string, settings = '') => {
      const yaml = `${routesAt(443, to)}${settings}`
      return (await runDoctor(yaml, '--json', '--only', 'upstreams')).lines[0] ?? ''
    }
    await using plain = await serve((_, response) => response.end())
    assert.match(await upstream(plain.url), /^ok http:.*can be reached at 127\.0\.0\.1$/)
    await using secure = await postern('good')
    const at = `https://localhost:${String(secure.port)}`
    assert.match(await upstream(at), /^ok .*and its certificate is good$/)
    assert.match(
      await upstream(`http://127.0.0.1:${String(await freePort())}`),
      /^problem .*TCP: nothing listens there/,
    )
    assert.match(
      await upstream(`https://localhost:${String(plain.port)}`),
      /^problem .*TLS: .*does not speak TLS.*http:\/\//,
    )
    assert.match(await upstream('http://nowhere.invalid'), /^problem .*DNS: the name/)
    const strange = await writeCertificates(join(directory, 'strange'), { s: serviceNamed('s') })
    assert.match(
      await upstream(at, `    tls_custom_ca_file: ${strange.caFile}\n`),
      /^problem .*authority that is not trusted/,
    )
    assert.match(
      await upstream(`unix://${directory}/none`),
      /^problem unix:.*\/none: cannot be reached: .*no such socket/,
    )
  })

  it('the other services: serving, not serving, refused, and gone', async () => {
    const secret = randomBytes(32).toString('base64')
    const security = {
      kind: 'shared-secret',
      sharedSecret: new Secret(secret),
      caFile: undefined,
      certificateFile: undefined,
      keyFile: undefined,
    } as const
    await using authorize = await startScriptedAuthorize(allowAll, { security })
    const { server, target } = authorize
    const services = async (at = target, ours = secret) => {
      const yaml = `${usualConfig}routes: []
shared_secret: ${ours}
grpc_authentication: shared_secret
authorize_service_url: ${at.replace(/^ipv4:/, 'http://')}
authenticate_grpc_service_url: http://127.0.0.1:${String(await freePort())}
`
      const outcome = await runDoctor(yaml, '--json', '--only', 'services', '--services', 'proxy')
      holdsNoSecret(outcome, secret, ours)
      assert.equal(outcome.lines.length, 2)
      assert.match(
        outcome.lines[1] ?? '',
        /^problem proxy → authenticate at .*authenticate cannot be asked.*→ Check the address, that authenticate runs/,
      )
      return outcome.lines[0] ?? ''
    }
    assert.match(await services(), /^problem .*authorize answers, and says NOT_SERVING → It waits for Redis/)
    server.setServing('postern.authorize.v1.Authorize', true)
    assert.match(await services(), /^ok proxy → authorize at 127\.0\.0\.1:\d+: authorize answers, and is serving$/)
    const another = randomBytes(32).toString('base64')
    assert.match(
      await services(target, another),
      /^problem .*the caller was refused.*→ Give both sides the same shared_secret/,
    )
  })

  it('a port that is taken, by whom, and one that is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    const port = await new Promise<number>((resolve) =>
      taken.once('listening', () => resolve((taken.address() as { port: number }).port)),
    )
    const ports = async (address: string) =>
      (
        await runDoctor(
          `${usualConfig.replace('127.0.0.1:0', address)}routes: []\n`,
          '--json',
          '--only',
          'ports',
          '--timeout',
          '1',
        )
      ).lines
    assert.match(
      (await ports(`127.0.0.1:${String(port)}`))[0] ?? '',
      /^(?:warning|problem) address .*(?:is taken on this machine|no answer)/,
    )
    taken.close()
    assert.match((await ports(`127.0.0.1:${String(await freePort())}`))[0] ?? '', /^ok .*is free$/)
    assert.match((await ports('192.0.2.1:8443'))[0] ?? '', /^problem .*is not an address of this machine → Write :8443/)
  })

  it('the quick start is in order, all but what it leaves out on purpose', async () => {
    await using stack = await startStack({ processEnvironment: process.env, log: recordingLog() })
    const outcome = await runDoctor(stack.yaml)
    holdsNoSecret(outcome, 'this-secret-opens-nothing-but-the-quick-start')
    assert.equal(outcome.code, 0, outcome.text)
    assert.doesNotMatch(outcome.text, / problem /)
    assert.match(outcome.text, /^Configuration\n {2}ok {7}configuration: valid for proxy, authorize, authenticate/)
    assert.match(outcome.text, /lets postern-proxy@example-project\.iam\.gserviceaccount\.com in/)
    assert.match(outcome.text, /http:\/\/hello\.localhost:\d+: Postern answers/)
    assert.match(outcome.text, /is taken, by a Postern that runs already/)
    assert.match(outcome.text, /Nothing is wrong: \d+ ok, 3 warnings, in \d+\.\d s\. Nothing was changed\.$/)
  })

  it('is used wrongly: exit code 64; a configuration that is wrong: 78, and nothing is asked', async () => {
    const group = await runDoctor(usualConfig, '--only', 'redes')
    assert.deepEqual(
      [group.code, group.errors.split('\n')[0]],
      [64, 'postern doctor: --only does not know redes; did you mean "redis"?'],
    )
    const time = await runDoctor(usualConfig, '--timeout', 'soon')
    assert.equal(time.code, 64)
    const wrong = await runDoctor(`${usualConfig}rutes: []\n`)
    assert.equal(wrong.code, 78)
    assert.match(wrong.errors, /config\.yaml:8:1 rutes: /)
    assert.equal(wrong.text, '')
  })
})
