import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apartConfig, baseConfig, certificate, certificateKey, errorsOf, load } from '../config-fixture.ts'
import type { ServiceName } from '../model.ts'

describe('services that run apart', () => {
  const firstWords = (lines: readonly string[]): string[] => lines.map((line) => line.split(';')[0] ?? '')
  const errorsFor = (text: string, service: ServiceName, env = {}): string[] =>
    firstWords(errorsOf(text, { services: [service], env }))
  const over = (target: string): string => apartConfig.replace('unix:///run/postern/authorize.sock', target)

  it('must prove who they are when they meet over the network', () => {
    assert.deepEqual(errorsFor(over('https://authorize:5443'), 'proxy'), ['config.yaml:1:1 grpc_tls: not set'])
    assert.deepEqual(errorsFor(apartConfig.replace('unix:///run/postern/grpc.sock', ':5443'), 'authorize'), [
      'config.yaml:1:1 grpc_tls: not set',
    ])
  })

  it('are told every way to prove who they are that is open to them', () => {
    const said = (service: ServiceName, env = {}): string =>
      errorsOf(
        apartConfig.replace('unix:///run/postern/grpc.sock', ':5443').replace(/unix:\S*ze.sock/, 'https://a.b'),
        {
          services: [service],
          env,
        },
      ).find((line) => line.includes(' grpc_tls: ')) ?? ''
    assert.match(
      said('authorize'),
      /set grpc_tls\.certificate_file, key_file and ca_file; or grpc_authentication: shared_secret/,
    )
    assert.doesNotMatch(said('authorize'), /google/)
    assert.match(said('authorize', { K_SERVICE: 'x', PORT: '8080' }), /grpc_authentication: shared_secret or google$/)
    assert.match(said('proxy'), /grpc_authentication: shared_secret, or google towards Cloud Run$/)
  })

  it('cannot share a process in which two of them would listen on one address', () => {
    const errorsOfList = (list: string): string[] =>
      errorsOf(`${apartConfig}services: ${list}\n`).filter((line) => line.includes('both listen'))
    assert.match(
      errorsOfList('authorize,authenticate').join(),
      /services: .* authorize would both listen on grpc_address/,
    )
    assert.match(errorsOfList('proxy,authenticate').join(), /services: .* the proxy would both listen on address/)
    assert.deepEqual([...errorsOfList('proxy,authorize'), ...errorsOfList('all'), ...errorsOfList('authenticate')], [])
  })

  it('may go without on loopback', () => {
    assert.deepEqual(errorsFor(over('http://127.0.0.1:5443'), 'proxy'), [])
    assert.deepEqual(errorsFor(over('dns:///localhost:5443'), 'proxy'), [])
  })

  it('cannot be talked into plain text over the network', () => {
    assert.deepEqual(errorsFor(over('http://authorize:5443'), 'proxy', { GRPC_INSECURE: 'true' }), [
      'config.yaml:10:24 authorize_service_url.0: plain http between the services is accepted on loopback only',
      '$GRPC_INSECURE grpc_insecure: plain text between the services is accepted on loopback and unix sockets only',
    ])
  })

  it('need all three files for mutual TLS, readable', () => {
    const text = `${over('https://authorize:5443')}grpc_tls: {certificate_file: /nope, key_file: /tls/key.pem}\n`
    assert.deepEqual(errorsFor(text, 'proxy'), [
      'config.yaml:12:11 grpc_tls.ca_file: not set',
      'config.yaml:12:30 grpc_tls.certificate_file: the file /nope does not exist',
    ])
  })

  it('need files for mutual TLS that hold what they should, and belong together', () => {
    const withFiles = (certificate: string, key: string, ca: string): string[] => {
      const files = `{certificate_file: ${certificate}, key_file: ${key}, ca_file: ${ca}}`
      return errorsFor(`${over('https://authorize:5443')}grpc_tls: ${files}\n`, 'proxy')
    }
    assert.deepEqual(withFiles('/tls/cert.pem', '/tls/key.pem', '/tls/ca.pem'), [])
    assert.deepEqual(withFiles('/tls/cert.pem', '/tls/stranger.pem', '/tls/ca.pem'), [
      'config.yaml:12:55 grpc_tls.key_file: the key does not belong to the certificate',
    ])
    assert.deepEqual(withFiles('/tls/key.pem', '/tls/cert.pem', '/secrets/text'), [
      'config.yaml:12:30 grpc_tls.certificate_file: the file /tls/key.pem does not begin with a PEM certificate',
      'config.yaml:12:54 grpc_tls.key_file: the file /tls/cert.pem does not hold a PEM private key that can be read',
      'config.yaml:12:78 grpc_tls.ca_file: the file /secrets/text holds no PEM certificate',
    ])
  })

  it('need a certificate for shared-secret tokens, except where Cloud Run ends TLS', () => {
    const text = `${apartConfig.replace('unix:///run/postern/grpc.sock', ':5443')}grpc_authentication: shared_secret\n`
    assert.deepEqual(errorsFor(text, 'authorize'), ['config.yaml:1:1 grpc_tls: not set'])
    assert.deepEqual(errorsFor(text, 'authorize', { K_SERVICE: 'authorize', PORT: '8080' }), [])
  })

  it('need to know each other, and share their sessions', () => {
    const bare = baseConfig.replace(/^redis_url: .*\n/m, '')
    assert.deepEqual(errorsFor(bare, 'proxy'), [
      'config.yaml:1:1 authorize_service_url: not set',
      'config.yaml:1:1 authenticate_grpc_service_url: not set',
    ])
    assert.deepEqual(
      errorsFor(bare, 'authenticate').filter((line) => line.includes('redis')),
      ['config.yaml:1:1 redis_url: not set'],
    )
  })
})

describe('the public listener', () => {
  const secure = baseConfig.replace('insecure_server: true\n', '')

  it('wants a certificate, or to be told that TLS ends in front of it', () => {
    assert.deepEqual(errorsOf(secure), [
      'config.yaml:1:1 certificate_file: not set; give certificate_file and certificate_key_file, or insecure_server: true where TLS ends in front of Postern',
    ])
  })

  it('takes certificates from files and variables, and serves them all, by name', () => {
    const text = `${secure}certificates: [{cert: /tls/cert.pem, key: /tls/key.pem}]\ncertificate_file: /tls/cert.pem\n`
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64')
    const env = {
      CERTIFICATE_KEY_FILE: '/tls/key.pem',
      CERTIFICATE: base64(certificate),
      CERTIFICATE_KEY: base64(certificateKey),
    }
    const { tls } = load(text, { env }).proxy
    const pairs = tls?.certificates.map((pair) => [pair.certificate, pair.key.reveal()])
    assert.deepEqual(
      pairs,
      Array.from({ length: 3 }, () => [certificate, certificateKey]),
    )
    const listed = load(secure, { env: { CERTIFICATES: '[{"cert":"/tls/cert.pem","key":"/tls/key.pem"}]' } })
    assert.equal(listed.authenticate.tls?.certificates.length, 1)
  })

  it('never serves in the clear because half of a certificate is missing, or cannot be read', () => {
    const halves = [
      ['CERTIFICATE_FILE', '/tls/cert.pem', '$CERTIFICATE_FILE certificate_file: needs certificate_key_file beside it'],
      ['CERTIFICATE_KEY', 'aGk=', '$CERTIFICATE_KEY certificate_key: needs certificate beside it'],
      [
        'CERTIFICATES',
        '[{"cert":"/nope","key":"/tls/key.pem"}]',
        '$CERTIFICATES certificates.0.cert: the file /nope does not exist',
      ],
      [
        'CERTIFICATES',
        '[{"cert":"/tls/cert.pem"}]',
        '$CERTIFICATES certificates.0.key: nothing is here; expected a list of mappings with cert and key, both paths of files',
      ],
    ] as const
    for (const [variable, value, message] of halves) {
      const PORT = '8080' // where plain HTTP would be the default
      assert.deepEqual(errorsOf(secure, { env: { PORT, [variable]: value } }), [message])
    }
  })

  it('repeats no key in a message', () => {
    const env = { CERTIFICATE: 'Y2VydA==', CERTIFICATE_KEY: 'hush hush!' }
    assert.deepEqual(errorsOf(secure, { env }), ['$CERTIFICATE_KEY certificate_key: expected base64 of PEM'])
  })

  it('wants the key that belongs to the certificate', () => {
    const text = `${secure}certificate_file: /tls/cert.pem\ncertificate_key_file: /tls/stranger.pem\n`
    assert.deepEqual(errorsOf(text), [
      'config.yaml:9:23 certificate_key_file: the key does not belong to the certificate',
    ])
  })

  it('wants a certificate in the file of the certificate', () => {
    const text = `${secure}certificate_file: /tls/key.pem\ncertificate_key_file: /tls/key.pem\n`
    assert.deepEqual(errorsOf(text), [
      'config.yaml:8:19 certificate_file: the file /tls/key.pem does not begin with a PEM certificate',
    ])
  })
})
