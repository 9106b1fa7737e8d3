import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, certificate, errorsOf, load, oneRoute } from '../config-fixture.ts'

const base64 = (value: string): string => Buffer.from(value).toString('base64')
const ca = base64(certificate)
const withTls = `${baseConfig.replace('insecure_server: true\n', '')}certificate_file: /tls/cert.pem
certificate_key_file: /tls/key.pem
`
const route = (more: string): string =>
  oneRoute.replace('allow_any_authenticated_user: true', `allow_any_authenticated_user: true\n  ${more}`)
const mtls = (text: string): string => `${withTls}downstream_mtls: ${text}\n`

describe('downstream_mtls', () => {
  it('asks clients for certificates of these authorities, and every route demands one', () => {
    for (const text of [`{ca: ${ca}}`, '{ca_file: /tls/ca.pem}']) {
      const { proxy, authorize } = load(mtls(text) + oneRoute)
      assert.deepEqual(proxy.clientCertificates, {
        authorities: certificate,
        revocationLists: [],
        rejectsConnections: false,
        alternativeNames: [],
        maxDepth: 1,
      })
      assert.equal(proxy.routes[0]?.clientAuthorities, certificate)
      assert.equal(authorize.routes[0]?.demandsClientCertificate, true)
    }
  })

  it('asks nobody where it is not given', () => {
    const { proxy, authorize } = load(withTls + oneRoute)
    assert.deepEqual([proxy.clientCertificates, authorize.routes[0]?.demandsClientCertificate], [undefined, false])
  })

  it('leaves it to the policy, or rejects connections, as enforcement says, in any case', () => {
    const of = (enforcement: string): unknown[] => {
      const { proxy, authorize } = load(mtls(`{ca: ${ca}, enforcement: ${enforcement}}`) + oneRoute)
      return [authorize.routes[0]?.demandsClientCertificate, proxy.clientCertificates?.rejectsConnections]
    }
    assert.deepEqual(of('POLICY'), [false, false])
    assert.deepEqual(of('policy_with_default_deny'), [true, false])
    assert.deepEqual(of('reject_connection'), [true, true])
  })

  it('looks at alternative names, and at any number of authorities', () => {
    const names = '[{dns: "a.*"}, {user_principal_name: ".*@b"}]'
    const { proxy } = load(mtls(`{ca: ${ca}, match_subject_alt_names: ${names}, max_verify_depth: 0}`) + oneRoute)
    assert.equal(proxy.clientCertificates?.maxDepth, 0)
    assert.deepEqual(proxy.clientCertificates.alternativeNames, [
      { kind: 'dns', regex: 'a.*' },
      { kind: 'user_principal_name', regex: '.*@b' },
    ])
  })

  it('is read from the environment', () => {
    const env = {
      DOWNSTREAM_MTLS_CA: ca,
      DOWNSTREAM_MTLS_ENFORCEMENT: 'policy',
      DOWNSTREAM_MTLS_MATCH_SUBJECT_ALT_NAMES: '[{"email": ".*@example\\\\.com"}]',
      DOWNSTREAM_MTLS_MAX_VERIFY_DEPTH: '0',
    }
    const { proxy } = load(withTls + oneRoute, { env })
    assert.deepEqual(proxy.clientCertificates, {
      authorities: certificate,
      revocationLists: [],
      rejectsConnections: false,
      alternativeNames: [{ kind: 'email', regex: '.*@example\\.com' }],
      maxDepth: 0,
    })
  })

  it('gives way to the authorities of a route, on that route', () => {
    for (const own of [`tls_downstream_client_ca: ${ca}`, 'tls_downstream_client_ca_file: /tls/ca.pem']) {
      const { proxy, authorize } = load(withTls + route(own))
      assert.equal(proxy.routes[0]?.clientAuthorities, certificate)
      assert.equal(proxy.clientCertificates?.authorities, certificate)
      assert.equal(authorize.routes[0]?.demandsClientCertificate, true)
    }
  })

  it('is another configuration for proxy and authorize alike', () => {
    const revisions = [withTls, mtls(`{ca: ${ca}}`), mtls(`{ca: ${ca}, enforcement: policy}`)]
    assert.equal(new Set(revisions.map((text) => load(text + oneRoute).revision)).size, 3)
  })
})

describe('client certificates are refused by name', () => {
  const cases: readonly [title: string, text: string, message: RegExp, env?: Record<string, string>][] = [
    [
      'where TLS does not end here',
      `${baseConfig}downstream_mtls: {ca: ${ca}}\n${oneRoute}`,
      /downstream_mtls: TLS does not end here/,
    ],
    [
      'on Cloud Run',
      `${baseConfig}downstream_mtls: {ca: ${ca}}\n${oneRoute}`,
      /downstream_mtls: Google’s front end ends TLS/,
      { K_SERVICE: 'postern' },
    ],
    [
      'where TLS does not end here, on a route',
      baseConfig + route(`tls_downstream_client_ca: ${ca}`),
      /routes\.0\.tls_downstream_client_ca: TLS does not end here/,
    ],
    ['without authorities', mtls('{enforcement: policy}') + oneRoute, /needs ca or ca_file/],
    ['with both forms of them', mtls(`{ca: ${ca}, ca_file: /tls/ca.pem}`) + oneRoute, /given beside ca; keep one/],
    ['with authorities that are none', mtls(`{ca: ${base64('x')}}`) + oneRoute, /holds no PEM certificate/],
    ['with a file that is not there', mtls('{ca_file: /tls/none.pem}') + oneRoute, /none\.pem/],
    ['with a list that is none', mtls(`{ca: ${ca}, crl: ${base64('x')}}`) + oneRoute, /holds no PEM revocation list/],
    [
      'with a list that cannot be read',
      mtls(`{ca: ${ca}, crl: ${base64('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----')}}`) + oneRoute,
      /revocation list 1 cannot be read/,
    ],
    [
      'with an expression that is none',
      mtls(`{ca: ${ca}, match_subject_alt_names: [{dns: "("}]}`) + oneRoute,
      /match_subject_alt_names\.0\.dns/,
    ],
    [
      'with a name of an unknown kind',
      mtls(`{ca: ${ca}, match_subject_alt_names: [{dn: x}]}`) + oneRoute,
      /match_subject_alt_names/,
    ],
    [
      'with a depth that cannot be counted',
      mtls(`{ca: ${ca}, max_verify_depth: 2}`) + oneRoute,
      /authorities between cannot be counted/,
    ],
    [
      'with another way to enforce it',
      mtls(`{ca: ${ca}, enforcement: strict}`) + oneRoute,
      /policy_with_default_deny, policy, reject_connection/,
    ],
  ]
  for (const [title, text, message, env = {}] of cases) {
    it(title, () => {
      const errors = errorsOf(text, { env })
      assert.ok(
        errors.some((error) => message.test(error)),
        errors.join('\n'),
      )
    })
  }
})
