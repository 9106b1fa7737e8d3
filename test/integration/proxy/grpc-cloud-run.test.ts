import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { startCloudRun, type CloudRun } from '@postern/dev/cloud-run.ts'
import { GoogleKeys, proxyServiceAccount } from '@postern/dev/google/google-keys.ts'
import { systemClock } from '@postern/shared/clock.ts'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { startGrpcEcho, type GrpcEcho } from '../../support/grpc-echo.ts'
import {
  aliceCookie,
  aRoute,
  noTokens,
  startProxyUnderTest,
  type ProxyUnderTest,
} from '../../support/proxy-under-test.ts'

const audience = 'https://echo-abcdef-uc.a.run.app'
let container: GrpcEcho
let cloudRun: CloudRun
let proxy: ProxyUnderTest
let client: Client

before(async () => {
  const authority = new CertificateAuthority('test authority')
  const tls = authority.issue({ commonName: 'run.test', dnsNames: ['run.test'], ipAddresses: [] })
  const keys = await GoogleKeys.create()
  container = await startGrpcEcho()
  cloudRun = await startCloudRun({
    tls,
    h2c: true,
    container: `http://127.0.0.1:${String(container.port)}`,
    audiences: [audience],
    invokers: [proxyServiceAccount.email],
    keySet: keys.keySet,
  })
  const idToken = (wanted: string): Promise<string> =>
    keys.idToken(proxyServiceAccount, wanted, { clock: systemClock, lifetimeSeconds: 600 })
  proxy = await startProxyUnderTest({
    routes: [
      aRoute('echo.test', new URL(cloudRun.url), {
        serverless: { audience, header: 'x-serverless-authorization' },
        upstreamTls: { skipVerify: false, serverName: 'run.test', ca: authority.certificate },
      }),
    ],
    idTokens: { ...noTokens, idToken },
  })
  client = new Client(`127.0.0.1:${String(proxy.port)}`, credentials.createInsecure(), {
    'grpc.default_authority': 'echo.test',
  })
})
after(async () => {
  client.close()
  await proxy[Symbol.asyncDispose]()
  await cloudRun[Symbol.asyncDispose]()
  await container[Symbol.asyncDispose]()
})

const same = (message: Buffer): Buffer => message

function talk(person: string, words: readonly string[]): Promise<string[]> {
  const metadata = new Metadata()
  metadata.set('cookie', aliceCookie.replace('alice', person))
  const call = client.makeBidiStreamRequest('/test.Echo/Talk', same, same, metadata)
  const { promise, resolve, reject } = Promise.withResolvers<string[]>()
  const heard: string[] = []
  call.on('data', (message: Buffer) => {
    heard.push(message.toString())
    const next = words[heard.length]
    if (next === undefined) call.end()
    else call.write(Buffer.from(next))
  })
  call.on('error', reject)
  call.on('end', () => resolve(heard))
  call.write(Buffer.from(words[0] ?? ''))
  return promise
}

it('a private gRPC service on Cloud Run is called with our token, both sides talking', async () => {
  assert.deepEqual(await talk('alice', ['one', 'two', 'three']), ['one', 'two', 'three'])
  const [request] = cloudRun.requests
  assert.deepEqual([request?.outcome, request?.header], ['forwarded', 'x-serverless-authorization'])
})

it('nobody whom the policy denies is heard of there', async () => {
  cloudRun.forgetRequests()
  await assert.rejects(talk('bob', ['one']), { code: status.PERMISSION_DENIED })
  assert.deepEqual(cloudRun.requests, [])
})

it('where Google refuses us, the caller is told that the service is unavailable, and the log why', async () => {
  cloudRun.allow(['somebody-else@project.iam.gserviceaccount.com'])
  const error = (await talk('alice', ['one']).catch((caught: unknown) => caught)) as ServiceError
  assert.equal(error.code, status.UNAVAILABLE)
  assert.deepEqual(error.metadata.get('postern-error'), ['UPSTREAM_REFUSED_TOKEN'])
  assert.match(JSON.stringify(proxy.log.lines.map(({ fields }) => String(fields['error']))), /servicesInvoker/)
})
