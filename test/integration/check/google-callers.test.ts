import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { systemClock } from '@postern/shared/clock.ts'
import type { GoogleSecurity } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { GoogleCallers } from '@postern/shared/grpc/google-callers.ts'
import { serviceNamed, writeCertificates } from '../../../dev/src/certificates.ts'
import { startCloudRun, type CloudRun } from '../../../dev/src/cloud-run.ts'
import { proxyServiceAccount } from '../../../dev/src/google/google-keys.ts'
import { startMetadataServer, type MetadataServer } from '../../../dev/src/metadata-server.ts'
import {
  allowAll,
  allowFor,
  openChecker,
  questionFor,
  startScriptedAuthorize,
  type ScriptedAuthorize,
} from './support.ts'

const audience = 'https://postern-authorize-abc.a.run.app'
const failsWith = (code: string) => (error: unknown) => error instanceof PosternError && error.code === code

describe('services that prove themselves with Google ID tokens, on Cloud Run', () => {
  let directory: string
  let metadata: MetadataServer
  let authorize: ScriptedAuthorize
  let frontEnd: CloudRun
  let security: GoogleSecurity

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-google-'))
    const { files, caFile } = await writeCertificates(directory, { run: serviceNamed('run') })
    const [certificate, key] = await Promise.all([
      readFile(files.run.certificateFile, 'utf8'),
      readFile(files.run.keyFile, 'utf8'),
    ])
    metadata = await startMetadataServer()
    security = {
      kind: 'google',
      audiences: { authorize: audience },
      callers: { proxy: [proxyServiceAccount.email], authorize: [], authenticate: [] },
      metadataHost: metadata.host,
      caFile,
    }
    const googleKeysUrl = new URL(`${metadata.url}/oauth2/v3/certs`)
    authorize = await startScriptedAuthorize(allowAll, { security, googleKeysUrl })
    const { address } = authorize.server
    frontEnd = await startCloudRun({
      keySet: metadata.keys.keySet,
      audiences: [audience],
      invokers: [proxyServiceAccount.email],
      container: `http://127.0.0.1:${String(address.kind === 'tcp' ? address.port : 0)}`,
      h2c: true,
      tls: { certificate, key },
    })
  })
  afterEach(() => {
    metadata.faults.recover()
    frontEnd.allow([proxyServiceAccount.email])
  })
  after(async () => {
    for (const part of [frontEnd, authorize, metadata]) await part[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  const target = (): string => `dns:///localhost:${String(frontEnd.port)}`
  const opened = (chosen: Partial<GoogleSecurity> = {}, checkMode: 'stream' | 'unary' = 'stream') =>
    openChecker([target()], {
      grpc: { security: { ...security, ...chosen }, clientTimeoutMs: 1_000 },
      checkMode,
      checkTimeoutMs: 1_000,
    })

  for (const checkMode of ['stream', 'unary'] as const) {
    it(`the proxy is let in by Google and by authorize, checkMode ${checkMode}`, async () => {
      await using checker = await opened({}, checkMode)
      const paths = Array.from({ length: 20 }, (_, index) => `/${String(index)}`)
      const answers = await Promise.all(paths.map((path) => checker.check(questionFor(path))))
      assert.deepEqual(answers, paths.map(allowFor))
      assert.equal(frontEnd.requests.at(-1)?.header, 'x-serverless-authorization')
      assert.deepEqual(new Set(metadata.faults.audiences), new Set([audience]))
    })
  }

  it('an error of authorize arrives as what it is: trailers pass the front end', async () => {
    await using checker = await opened({}, 'unary')
    await assert.rejects(
      checker.check({ ...questionFor('/'), facts: { ...questionFor('/').facts, host: '' } }),
      failsWith('INTERNAL'),
    )
  })

  it('a service account without the Invoker role is stopped by Google', async () => {
    frontEnd.allow([])
    const asked = authorize.asked.length
    await using checker = await opened({}, 'unary')
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    assert.equal(authorize.asked.length, asked)
  })

  it('without a token nothing is sent, and nothing is allowed', async () => {
    metadata.faults.fail(500)
    const seen = frontEnd.requests.length
    await using checker = await opened({ audiences: { authorize: 'https://other.a.run.app' } }, 'unary')
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    assert.equal(frontEnd.requests.length, seen)
  })

  it('a service that everybody may invoke by mistake still knows its callers', async () => {
    frontEnd.allow('allUsers')
    metadata.faults.extraClaims = { email: 'somebody@else.iam.gserviceaccount.com', aud: audience }
    const asked = authorize.asked.length
    await using checker = await opened({ audiences: { authorize: 'https://not-shelved.a.run.app' } }, 'unary')
    await assert.rejects(checker.check(questionFor('/')), failsWith('PDP_UNAVAILABLE'))
    assert.equal(authorize.asked.length, asked)
  })

  const callers = (): GoogleCallers =>
    new GoogleCallers(security, {
      self: 'authorize',
      allowedCallers: ['proxy'],
      clock: systemClock,
      keysUrl: new URL(`${metadata.url}/oauth2/v3/certs`),
    })
  const token = (claims: Readonly<Record<string, unknown>> = {}, forWhom = audience) =>
    metadata.keys.idToken(proxyServiceAccount, forWhom, { clock: systemClock, lifetimeSeconds: 600, claims })

  it('a caller is known by a verified token for this very service, and by nothing else (GRP-05)', async () => {
    const known = callers()
    assert.equal(await known.callerOf(`Bearer ${await token()}`), 'proxy')
    const others: (string | undefined)[] = [
      undefined,
      '',
      'Bearer x',
      await token(),
      `Bearer ${(await token({ jti: '2' })).replace(/[^.]+$/, 'SIGNATURE_REMOVED_BY_GOOGLE')}`,
      `Bearer ${await token({}, 'https://postern-authenticate-abc.a.run.app')}`,
      `Bearer ${await token({ email_verified: false })}`,
      `Bearer ${await token({ email: 'authorize@example.iam.gserviceaccount.com' })}`,
      `Bearer ${await token({ exp: 1 })}`,
    ]
    for (const authorization of others) assert.equal(await known.callerOf(authorization), undefined, authorization)
  })
})
