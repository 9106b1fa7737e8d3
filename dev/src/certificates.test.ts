import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { serviceNamed, writeCertificates } from './certificates.ts'
import { CertificateAuthority, type IssuedCertificate } from './x509/certificate-authority.ts'

/** Both ends present a certificate and demand one; answers what the server saw of the client. */
async function mutualTls(server: IssuedCertificate, client: IssuedCertificate, ca: string, servername: string) {
  const listening = createServer({
    cert: server.certificate,
    key: server.key,
    ca,
    requestCert: true,
    minVersion: 'TLSv1.2',
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = listening.address() as AddressInfo
    const accepted = once(listening, 'secureConnection')
    const socket = connect({ port, host: '127.0.0.1', servername, ca, cert: client.certificate, key: client.key })
    await once(socket, 'secureConnect')
    const [peer] = (await accepted) as [TLSSocket]
    const seen = peer.getPeerX509Certificate()?.subjectAltName
    socket.destroy()
    peer.destroy()
    return seen
  } finally {
    listening.close()
  }
}

describe('the development certificate authority', () => {
  const authority = new CertificateAuthority('Test CA')

  it('issues certificates that both ends of mutual TLS accept, with the service name where clientNames looks', async () => {
    const seen = await mutualTls(
      authority.issue(serviceNamed('authorize')),
      authority.issue(serviceNamed('proxy')),
      authority.certificate,
      'authorize',
    )
    assert.equal(seen, 'DNS:proxy, DNS:localhost, IP Address:127.0.0.1')
  })

  it('is not believed under another name', async () => {
    const other = mutualTls(
      authority.issue(serviceNamed('authorize')),
      authority.issue(serviceNamed('proxy')),
      authority.certificate,
      'authenticate',
    )
    await assert.rejects(other, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  it('gives each certificate its own serial number, and an expired one on demand', () => {
    const now = Date.now()
    const certificates = [{}, {}, { lifetimeMs: -1000 }].map(
      (extra) => new X509Certificate(authority.issue({ ...serviceNamed('proxy'), ...extra }).certificate),
    )
    assert.equal(new Set(certificates.map((certificate) => certificate.serialNumber)).size, 3)
    assert.deepEqual(
      certificates.map((certificate) => Date.parse(certificate.validTo) > now),
      [true, true, false],
    )
  })

  it('writes a CA and one pair of files for each name, keys for the owner alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-certificates-'))
    try {
      const written = await writeCertificates(directory, { redis: serviceNamed('redis') })
      const certificate = new X509Certificate(await readFile(written.files.redis.certificateFile))
      assert.ok(certificate.verify(new X509Certificate(await readFile(written.caFile)).publicKey))
      assert.equal((await stat(written.files.redis.keyFile)).mode & 0o777, 0o600)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
