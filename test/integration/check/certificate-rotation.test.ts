import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import type { GrpcSecurity } from '@postern/shared/config/model.ts'
import { callUnary } from '@postern/shared/grpc/call.ts'
import { openChannel, type GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import { serviceNamed, writeCertificates, type WrittenCertificates } from '../../../dev/src/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { allowAll, startScriptedAuthorize, type ScriptedAuthorize } from './support.ts'

type Name = 'authorize' | 'proxy'
const requests = { authorize: serviceNamed('authorize'), proxy: serviceNamed('proxy') }
const clientNames = { proxy: ['proxy'], authorize: ['authorize'], authenticate: ['authenticate'] }
const certificateRefreshMs = 20

describe('certificates of a running server and a running client', () => {
  let directory: string
  let authorize: ScriptedAuthorize
  let channel: GrpcChannel
  const written: WrittenCertificates<Name>[] = []

  const inUse = (name: Name): GrpcSecurity & { kind: 'mtls' } => ({
    kind: 'mtls',
    certificateFile: join(directory, `${name}.crt`),
    keyFile: join(directory, `${name}.key`),
    caFile: join(directory, 'ca.crt'),
    clientNames,
  })

  /** Puts the certificates of one generation, made by an authority of its own, in place. */
  async function install(generation: number): Promise<void> {
    const from = written[generation]
    assert.ok(from)
    await copyFile(from.caFile, join(directory, 'ca.crt'))
    for (const name of ['authorize', 'proxy'] as const) {
      await copyFile(from.files[name].certificateFile, join(directory, `${name}.crt`))
      await copyFile(from.files[name].keyFile, join(directory, `${name}.key`))
    }
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-rotation-'))
    for (const generation of ['one', 'two'])
      written.push(await writeCertificates(join(directory, generation), requests))
    await install(0)
    authorize = await startScriptedAuthorize(allowAll, { security: inUse('authorize'), certificateRefreshMs })
  })
  after(async () => {
    channel[Symbol.dispose]()
    await authorize[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  const port = (): number => (authorize.server.address.kind === 'tcp' ? authorize.server.address.port : 0)

  /** The authority whose certificate a new connection is shown. */
  async function shown(): Promise<string> {
    const socket = connectTls({ port: port(), host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? ''
    socket.destroy()
    return fingerprint
  }

  async function call(): Promise<void> {
    const options = { unavailable: 'PDP_UNAVAILABLE', deadline: 'PDP_DEADLINE', timeoutMs: 1_000 } as const
    await callUnary(channel, authorizeService.GetKeySet, {}, options)
  }

  it('are replaced, authority and all, without anybody noticing', async () => {
    const config = { security: inUse('proxy'), self: 'proxy', service: 'authorize', certificateRefreshMs } as const
    channel = await openChannel(`dns:///localhost:${String(port())}`, config)
    await call()
    const before = await shown()
    await install(1)
    await eventually('new connections see the new certificate', 2_000, async () => (await shown()) !== before)
    await call()
    using fresh = await openChannel(`dns:///localhost:${String(port())}`, config)
    const options = { unavailable: 'PDP_UNAVAILABLE', deadline: 'PDP_DEADLINE', timeoutMs: 1_000 } as const
    await callUnary(fresh, authorizeService.GetKeySet, {}, options)
  })

  it('stay as they are while the files are torn, or do not belong together', async () => {
    const before = await shown()
    await writeFile(join(directory, 'authorize.crt'), 'half a certif')
    await new Promise((resolve) => setTimeout(resolve, 5 * certificateRefreshMs))
    assert.equal(await shown(), before)
    assert.ok(written[0])
    await copyFile(written[0].files.authorize.certificateFile, join(directory, 'authorize.crt'))
    await new Promise((resolve) => setTimeout(resolve, 5 * certificateRefreshMs))
    assert.equal(await shown(), before)
    await call()
  })
})
