import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { serviceNamed } from '@postern/dev/certificates.ts'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import type { MetricsConfig } from '@postern/shared/config/metrics-config.ts'
import { Replaceable } from '@postern/shared/lifecycle/live.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { serveMetrics } from '@postern/shared/metrics/serve-metrics.ts'
import { Secret } from '@postern/shared/secret.ts'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { recordingLog } from '../../support/recording-log.ts'

const authority = new CertificateAuthority('the metrics CA')
const readers = new CertificateAuthority('the CA of readers')
const strangers = new CertificateAuthority('the CA of strangers')
const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const

function pair(name: string): NonNullable<MetricsConfig['certificate']> {
  const { certificate, key } = authority.issue(serviceNamed(name))
  return { certificate, key: new Secret(key) }
}

async function open(config: Omit<MetricsConfig, 'listen'>) {
  const live = new Replaceable<MetricsConfig>({ listen, ...config })
  const server = await serveMetrics(live, { metrics: new Metrics(), log: recordingLog() })
  const port = server.address.kind === 'tcp' ? server.address.port : 0
  return { live, port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The status, and whose certificate the listener showed. */
async function ask(port: number, options: RequestOptions = {}): Promise<readonly [status: number, shown: string]> {
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/metrics',
    ca: authority.certificate,
    agent: false,
    ...options,
  })
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage]
  const { socket } = answer
  assert.ok(socket instanceof TLSSocket)
  const shown = socket.getPeerCertificate().subject.CN
  await text(answer)
  return [answer.statusCode ?? 0, String(shown)]
}

describe('the metrics listener with a certificate', () => {
  it('speaks TLS, and shows the certificate that is configured now', async () => {
    await using server = await open({ certificate: pair('first') })
    assert.deepEqual(await ask(server.port), [200, 'first'])
    server.live.replace({ listen, certificate: pair('second') })
    assert.deepEqual(await ask(server.port), [200, 'second'])
    await assert.rejects(fetch(`http://127.0.0.1:${String(server.port)}/metrics`))
    await assert.rejects(ask(server.port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }))
  })

  it('lets only those read who show a certificate of the right authority', async () => {
    await using server = await open({ certificate: pair('metrics'), clientCa: readers.certificate })
    const certificateOf = (ca: CertificateAuthority) => {
      const { certificate, key } = ca.issue(serviceNamed('prometheus'))
      return { cert: certificate, key }
    }
    assert.deepEqual(await ask(server.port, certificateOf(readers)), [200, 'metrics'])
    await assert.rejects(ask(server.port))
    await assert.rejects(ask(server.port, certificateOf(strangers)))
    await assert.rejects(ask(server.port, certificateOf(authority)))
    server.live.replace({ listen, certificate: pair('metrics'), clientCa: strangers.certificate })
    await assert.rejects(ask(server.port, certificateOf(readers)))
    assert.deepEqual(await ask(server.port, certificateOf(strangers)), [200, 'metrics'])
  })

  it('wants password and certificate where both are set', async () => {
    const basicAuth = new Secret('prometheus:hush')
    await using server = await open({ certificate: pair('metrics'), clientCa: readers.certificate, basicAuth })
    const { certificate: cert, key } = readers.issue(serviceNamed('prometheus'))
    const auth = 'prometheus:hush'
    assert.deepEqual(await ask(server.port, { cert, key }), [401, 'metrics'])
    assert.deepEqual(await ask(server.port, { cert, key, auth }), [200, 'metrics'])
    await assert.rejects(ask(server.port, { auth }))
  })
})
