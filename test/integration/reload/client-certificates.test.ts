import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { eventually } from '../../support/eventually.ts'
import { configText, temporaryDirectory, watchConfig } from './files.ts'

const root = new CertificateAuthority('Root')
const next = new CertificateAuthority('Next Root')
const server = new CertificateAuthority('Server').issue({
  commonName: 'one.example.com',
  dnsNames: ['one.example.com'],
})
const lost = root.issue({ commonName: 'lost', dnsNames: ['lost.example.com'] })

/** A configuration whose authorities and revocation list stand in files of their own. */
async function watching() {
  await using opening = new AsyncDisposableStack()
  const directory = opening.use(await temporaryDirectory())
  const at = (name: string): string => join(directory.path, name)
  const write = (enforcement = 'policy_with_default_deny'): Promise<void> => {
    const tls = `certificate_file: ${at('tls.crt')}\ncertificate_key_file: ${at('tls.key')}\n`
    const mtls = `downstream_mtls: {ca_file: ${at('ca.pem')}, crl_file: ${at('crl.pem')}, enforcement: ${enforcement}}\n`
    return writeFile(
      at('config.yaml'),
      configText('one.example.com', tls + mtls).replace('insecure_server: true\n', ''),
    )
  }
  for (const [name, text] of [
    ['tls.crt', server.certificate],
    ['tls.key', server.key],
    ['ca.pem', root.certificate],
    ['crl.pem', root.revoke([])],
  ] as const) {
    await writeFile(at(name), text)
  }
  await write()
  const watched = opening.use(await watchConfig(at('config.yaml')))
  const opened = opening.move()
  return {
    watched,
    at,
    write,
    inForce: () => watched.config.current.proxy.clientCertificates,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

describe('authorities and revocation lists of clients', () => {
  it('are read again when their files change', async () => {
    await using running = await watching()
    const before = running.inForce()
    await writeFile(running.at('crl.pem'), root.revoke([lost.certificate]))
    const list = (): unknown => running.inForce()?.revocationLists[0]
    await eventually('the list is new', 5_000, () => list() !== before?.revocationLists[0])
    await writeFile(running.at('ca.pem'), root.certificate + next.certificate)
    await eventually('the authorities are', 5_000, () => running.inForce()?.authorities !== before?.authorities)
    assert.equal(running.watched.config.current.proxy.routes[0]?.clientAuthorities, root.certificate + next.certificate)
    assert.deepEqual(running.watched.refusals(), [])
  })

  it('stay as they were when a file is broken', async () => {
    await using running = await watching()
    const before = running.inForce()
    await writeFile(running.at('crl.pem'), 'broken')
    await eventually('it is refused', 5_000, () => running.watched.refusals().length > 0)
    assert.deepEqual(running.inForce(), before)
  })

  it('wait for a restart where whoever has none is to be rejected at once', async () => {
    await using running = await watching()
    await running.write('reject_connection')
    const { log } = running.watched
    await eventually('it is said', 5_000, () => JSON.stringify(log.lines).includes('downstream_mtls'))
    assert.equal(running.inForce()?.rejectsConnections, false)
  })
})
