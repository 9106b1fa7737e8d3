import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { GrpcSecurity } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import { openChannel } from '@postern/shared/grpc/channel.ts'
import { callerByCertificate } from '@postern/shared/grpc/caller-guard.ts'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import { serviceNamed, writeCertificates, type WrittenCertificates } from '../../../dev/src/certificates.ts'
import {
  allowAll,
  allowFor,
  openChecker,
  questionFor,
  startScriptedAuthorize,
  type ScriptedAuthorize,
} from './support.ts'

type Name = 'authorize' | 'proxy' | 'authenticate' | 'stranger' | 'impostor'
const requests = {
  authorize: serviceNamed('authorize'),
  proxy: serviceNamed('proxy'),
  authenticate: serviceNamed('authenticate'),
  stranger: serviceNamed('stranger'),
  impostor: { commonName: 'proxy', dnsNames: ['impostor', '*'] },
} as const
const clientNames = { proxy: ['proxy'], authorize: ['authorize'], authenticate: ['authenticate'] }
const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

describe('mutual TLS between services', () => {
  let directory: string
  let certificates: WrittenCertificates<Name>
  let otherAuthority: WrittenCertificates<Name>
  let authorize: ScriptedAuthorize

  const security = (name: Name, from = certificates, ca = certificates): GrpcSecurity => ({
    kind: 'mtls',
    ...from.files[name],
    caFile: ca.caFile,
    clientNames,
  })

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-mtls-'))
    certificates = await writeCertificates(join(directory, 'ours'), requests)
    otherAuthority = await writeCertificates(join(directory, 'theirs'), requests)
    authorize = await startScriptedAuthorize(allowAll, { security: security('authorize') })
  })
  after(async () => {
    await authorize[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  const target = (host = 'localhost'): string => {
    const { address } = authorize.server
    return address.kind === 'tcp' ? `dns:///${host}:${address.port}` : ''
  }

  it('the proxy is let in, and knows whom it talks to', async () => {
    const grpc = { security: security('proxy'), clientTimeoutMs: 1_000 }
    await using checker = await openChecker([target()], { grpc })
    assert.deepEqual(await checker.check(questionFor('/a')), allowFor('/a'))
  })

  const refusedClients: Record<string, () => GrpcSecurity> = {
    'a certificate of another authority': () => security('proxy', otherAuthority, certificates),
    'a service that has no business here': () => security('authenticate'),
    'a name nobody knows': () => security('stranger'),
    'the right common name alone, and a wildcard': () => security('impostor'),
  }
  for (const [title, client] of Object.entries(refusedClients)) {
    it(`${title} is refused before any handler, as unavailable and not as denied`, async () => {
      const asked = authorize.asked.length
      const grpc = { security: client(), clientTimeoutMs: 1_000 }
      for (const checkMode of ['stream', 'unary'] as const) {
        await using checker = await openChecker([target()], { grpc, checkMode, checkTimeoutMs: 400 })
        await assert.rejects(checker.check(questionFor('/')), (error) => {
          return failsWith('PDP_UNAVAILABLE')(error) || failsWith('PDP_DEADLINE')(error)
        })
      }
      assert.equal(authorize.asked.length, asked)
    })
  }

  it('nobody gets in without a certificate', async () => {
    const { address } = authorize.server
    assert.ok(address.kind === 'tcp')
    const ca = await readFile(certificates.caFile)
    const ended = new Promise<string>((resolve) => {
      const socket = connectTls({
        port: address.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca,
        ALPNProtocols: ['h2'],
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      socket.on('close', () => resolve('closed'))
      socket.on('data', () => undefined)
    })
    assert.match(await ended, /CERTIFICATE_REQUIRED|ECONNRESET|closed/)
  })

  it('nobody is spoken to who answers under another name', async () => {
    const grpc = { security: security('proxy'), clientTimeoutMs: 1_000 }
    const lookup = (): Promise<string[]> => Promise.resolve(['127.0.0.1'])
    await using checker = await openChecker(
      [target('authorize.example.com')],
      { grpc, checkTimeoutMs: 400 },
      { lookup },
    )
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    await using named = await openChecker([target('authorize')], { grpc }, { lookup })
    assert.deepEqual(await named.check(questionFor('/a')), allowFor('/a'))
  })

  it('nobody is spoken to whose certificate another authority made', async () => {
    const grpc = { security: security('proxy', certificates, otherAuthority), clientTimeoutMs: 1_000 }
    await using checker = await openChecker([target()], { grpc, checkTimeoutMs: 400 })
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
  })

  it('an unknown method is unknown, before any handler', async () => {
    const config = { security: security('proxy'), self: 'proxy', service: 'authorize' } as const
    using channel = await openChannel(target(), config)
    const options = { unavailable: 'PDP_UNAVAILABLE', deadline: 'PDP_DEADLINE', timeoutMs: 1_000 } as const
    const asked = authorize.asked.length
    for (const path of [
      '/postern.authorize.v1.Authorize/check',
      '//postern.authorize.v1.Authorize/Check',
      '/x/Check',
    ]) {
      const method = { ...authorizeService.GetKeySet, path }
      await assert.rejects(callUnary(channel, method, {}, options), /UNIMPLEMENTED/)
    }
    assert.equal(authorize.asked.length, asked)
  })

  it('names are compared whole, in the SAN alone', async () => {
    const certificate = async (name: Name): Promise<Buffer> =>
      new X509Certificate(await readFile(certificates.files[name].certificateFile)).raw
    assert.equal(callerByCertificate(await certificate('proxy'), ['proxy'], clientNames), 'proxy')
    assert.equal(callerByCertificate(await certificate('impostor'), ['proxy'], clientNames), undefined)
    const longer = { ...clientNames, proxy: ['proxy.evil.example'] }
    assert.equal(callerByCertificate(await certificate('proxy'), ['proxy'], longer), undefined)
  })
})
