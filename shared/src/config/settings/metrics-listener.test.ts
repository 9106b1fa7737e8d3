import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  apartConfig,
  baseConfig,
  certificate,
  certificateKey,
  errorsOf,
  load,
  oneRoute,
  warningsOf,
} from '../config-fixture.ts'
import type { MetricsConfig } from '../metrics-config.ts'

const local = `${baseConfig}${oneRoute}metrics_address: 127.0.0.1:9090\n`
const open = `${baseConfig}${oneRoute}metrics_address: :9090\n`
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const auth = base64('prometheus:hush hush')
const certificates = 'metrics_certificate_file: /tls/cert.pem\nmetrics_certificate_key_file: /tls/key.pem\n'

function plain(config: MetricsConfig | undefined): unknown {
  return {
    basicAuth: config?.basicAuth?.reveal(),
    certificate: config?.certificate?.certificate,
    key: config?.certificate?.key.reveal(),
    clientCa: config?.clientCa,
  }
}

describe('the metrics listener', () => {
  const nothing = { basicAuth: undefined, certificate: undefined, key: undefined, clientCa: undefined }
  const rows = [
    [
      'METRICS_BASIC_AUTH',
      `metrics_basic_auth: ${auth}\n`,
      { METRICS_BASIC_AUTH: auth },
      { basicAuth: 'prometheus:hush hush' },
    ],
    [
      'METRICS_CERTIFICATE_FILE',
      certificates,
      { METRICS_CERTIFICATE_FILE: '/tls/cert.pem', METRICS_CERTIFICATE_KEY_FILE: '/tls/key.pem' },
      { certificate, key: certificateKey },
    ],
    [
      'METRICS_CERTIFICATE',
      `metrics_certificate: ${base64(certificate)}\nmetrics_certificate_key: ${base64(certificateKey)}\n`,
      { METRICS_CERTIFICATE: base64(certificate), METRICS_CERTIFICATE_KEY: base64(certificateKey) },
      { certificate, key: certificateKey },
    ],
    [
      'METRICS_CLIENT_CA_FILE',
      `${certificates}metrics_client_ca_file: /tls/ca.pem\n`,
      {
        METRICS_CERTIFICATE_FILE: '/tls/cert.pem',
        METRICS_CERTIFICATE_KEY_FILE: '/tls/key.pem',
        METRICS_CLIENT_CA_FILE: '/tls/ca.pem',
      },
      { certificate, key: certificateKey, clientCa: certificate },
    ],
    [
      'METRICS_CLIENT_CA',
      `${certificates}metrics_client_ca: ${base64(certificate)}\n`,
      {
        METRICS_CERTIFICATE_FILE: '/tls/cert.pem',
        METRICS_CERTIFICATE_KEY_FILE: '/tls/key.pem',
        METRICS_CLIENT_CA: base64(certificate),
      },
      { certificate, key: certificateKey, clientCa: certificate },
    ],
  ] as const
  for (const [name, file, env, expected] of rows) {
    it(`takes ${name.toLowerCase()} from the file`, () => {
      assert.deepEqual(plain(load(local + file).metrics), { ...nothing, ...expected })
    })
    it(`takes ${name} from the environment`, () => {
      assert.deepEqual(plain(load(local, { env }).metrics), { ...nothing, ...expected })
    })
  }

  it('is there only where it has an address', () => {
    assert.equal(load(baseConfig + oneRoute).metrics, undefined)
    assert.deepEqual(warningsOf(`${baseConfig}${oneRoute}metrics_basic_auth: ${auth}\n`), [
      'config.yaml:13:1 metrics_basic_auth: warning: has no effect without metrics_address',
    ])
  })

  it('is the same for each service that runs alone', () => {
    for (const service of ['proxy', 'authorize', 'authenticate'] as const) {
      const config = load(`${apartConfig}metrics_address: 127.0.0.1:9090\n`, { services: [service] })
      assert.deepEqual(config.metrics?.listen, { kind: 'tcp', host: '127.0.0.1', port: 9090 })
    }
  })

  it('warns where everybody can read, and where a password travels in the clear', () => {
    assert.deepEqual(warningsOf(local), [])
    assert.deepEqual(warningsOf(open), [
      'config.yaml:13:18 metrics_address: warning: everybody who reaches this address can read the metrics; set metrics_basic_auth or metrics_client_ca_file, or let only your monitoring reach it',
    ])
    assert.deepEqual(warningsOf(`${open}metrics_basic_auth: ${auth}\n`), [
      'config.yaml:13:18 metrics_address: warning: the password travels in the clear; set metrics_certificate_file',
    ])
    assert.deepEqual(warningsOf(`${open}metrics_basic_auth: ${auth}\n${certificates}`), [])
    assert.deepEqual(warningsOf(`${open}${certificates}metrics_client_ca_file: /tls/ca.pem\n`), [])
  })

  it('never asks less of its readers than was meant', () => {
    const mistakes = [
      ['metrics_basic_auth: hush\n', 'config.yaml:14:21 metrics_basic_auth: expected base64 of user:password'],
      [
        `metrics_basic_auth: ${base64('hush')}\n`,
        'config.yaml:14:21 metrics_basic_auth: expected base64 of user:password',
      ],
      [
        'metrics_certificate_file: /tls/cert.pem\n',
        'config.yaml:14:1 metrics_certificate_file: needs metrics_certificate_key_file beside it',
      ],
      [
        'metrics_client_ca_file: /tls/ca.pem\n',
        'config.yaml:14:1 metrics_client_ca_file: needs metrics_certificate_file beside it: only over TLS are certificates shown',
      ],
      [
        `${certificates}metrics_client_ca_file: /secrets/text\n`,
        'config.yaml:16:25 metrics_client_ca_file: the file /secrets/text holds no PEM certificate',
      ],
      [
        `${certificates}metrics_client_ca_file: /nope\n`,
        'config.yaml:16:25 metrics_client_ca_file: the file /nope does not exist',
      ],
      [
        `${certificates}metrics_client_ca_file: /tls/ca.pem\nmetrics_client_ca: ${base64(certificate)}\n`,
        'config.yaml:17:1 metrics_client_ca: given beside metrics_client_ca_file; keep one of the two',
      ],
    ] as const
    for (const [text, message] of mistakes) assert.deepEqual(errorsOf(local + text), [message])
  })

  it('has an address of its own', () => {
    const taken = (text: string, env = {}): string[] => errorsOf(baseConfig + oneRoute + text, { env })
    assert.deepEqual(taken('address: :8080\nmetrics_address: 127.0.0.1:8080\n'), [
      'config.yaml:14:18 metrics_address: address listens there already (0.0.0.0:8080); give it a port of its own',
    ])
    assert.deepEqual(taken('metrics_address: :8080\n', { PORT: '8080' }), [
      'config.yaml:13:18 metrics_address: the public listener listens there already (0.0.0.0:8080); give it a port of its own',
    ])
    assert.deepEqual(taken('health_check_addr: 127.0.0.1:1\nmetrics_address: :1\n'), [
      'config.yaml:14:18 metrics_address: health_check_addr listens there already (127.0.0.1:1); give it a port of its own',
    ])
    assert.deepEqual(taken('http_redirect_addr: :1\nmetrics_address: "[::]:1"\n'), [
      'config.yaml:14:18 metrics_address: http_redirect_addr listens there already (0.0.0.0:1); give it a port of its own',
    ])
    assert.deepEqual(taken('address: 127.0.0.2:1\nmetrics_address: 127.0.0.1:1\n'), [])
    assert.deepEqual(taken('address: 127.0.0.1:0\nmetrics_address: 127.0.0.1:0\n'), [])
    const apart = apartConfig.replace('unix:///run/postern/grpc.sock', '127.0.0.1:5443')
    assert.deepEqual(errorsOf(`${apart}metrics_address: 127.0.0.1:5443\n`, { services: ['authorize'] }), [
      'config.yaml:12:18 metrics_address: grpc_address listens there already (127.0.0.1:5443); give it a port of its own',
    ])
  })
})
