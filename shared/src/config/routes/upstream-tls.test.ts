import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apartConfig, baseConfig, certificate, errorsOf, load, oneRoute } from '../config-fixture.ts'

const value = Buffer.from(certificate).toString('base64')
const withOwn = oneRoute.replace('  allow_any', '  tls_custom_ca_file: /tls/ca.pem\n  allow_any')

describe('certificate_authority', () => {
  it('does not count on routes that name their own authorities', () => {
    const { upstreamTls } = load(`${baseConfig}certificate_authority: ${value}\n${withOwn}`).proxy.routes[0] ?? {}
    assert.deepEqual([upstreamTls?.ca, upstreamTls?.furtherCa], [certificate, undefined])
  })

  it('is PEM, once', () => {
    assert.deepEqual(errorsOf(`${baseConfig}certificate_authority: aGVsbG8=\n${oneRoute}`), [
      'config.yaml:9:24 certificate_authority: this holds no PEM certificate',
    ])
    const both = `certificate_authority: ${value}\ncertificate_authority_file: /tls/ca.pem\n`
    assert.deepEqual(errorsOf(baseConfig + both + oneRoute), [
      'config.yaml:10:1 certificate_authority_file: given beside certificate_authority; keep one of the two',
    ])
    assert.deepEqual(errorsOf(`${baseConfig}certificate_authority_file: /none.pem\n${oneRoute}`), [
      'config.yaml:9:29 certificate_authority_file: the file /none.pem does not exist',
    ])
  })

  it('as a file has to be there, wherever it is read', () => {
    const said = 'config.yaml:9:29 certificate_authority_file: the file /none.pem does not exist'
    const named = `${baseConfig}certificate_authority_file: /none.pem\n`
    for (const routes of [withOwn, oneRoute.replace('to: https:', 'to: http:'), 'routes: []\n'])
      assert.deepEqual(errorsOf(named + routes), [said], routes)
    const mutual = 'grpc_tls: {certificate_file: /tls/cert.pem, key_file: /tls/key.pem}\n'
    const apart = `${apartConfig}${mutual}certificate_authority_file: /none.pem\n${oneRoute}`
    for (const service of ['proxy', 'authorize'] as const)
      assert.deepEqual(errorsOf(apart, { services: [service] }), [said.replace(':9:', ':13:')], service)
  })

  it('as a file stands in for grpc_tls.ca_file under mutual TLS', () => {
    const mutual = 'grpc_tls: {certificate_file: /tls/cert.pem, key_file: /tls/key.pem}\n'
    const written = `${apartConfig}${mutual}certificate_authority_file: /tls/ca.pem\n`
    const { security } = load(written + oneRoute, { services: ['proxy'] }).proxy.grpc
    assert.equal(security.kind === 'mtls' && security.caFile, '/tls/ca.pem')
  })
})
