import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { serviceNamed, writeCertificates } from '../../../dev/src/certificates.ts'
import { startCloudRun, type CloudRun } from '../../../dev/src/cloud-run.ts'
import { startMetadataServer, type MetadataServer } from '../../../dev/src/metadata-server.ts'
import { serve, type Serving } from '../../../dev/src/serve.ts'
import { holdsNoSecret, runDoctor, usualConfig, type DoctorOutcome } from '../../support/doctor.ts'

const audience = 'https://hello-123456789012.europe-west1.run.app'
const account = 'postern-proxy@example-project.iam.gserviceaccount.com'

describe('postern doctor, asking Google', () => {
  let directory: string
  let ca: string
  let metadata: MetadataServer
  let hello: Serving
  let cloudRun: CloudRun

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'))
    const { files, caFile } = await writeCertificates(directory, { run: serviceNamed('run') })
    ca = caFile
    const [certificate, key] = await Promise.all([
      readFile(files.run.certificateFile, 'utf8'),
      readFile(files.run.keyFile, 'utf8'),
    ])
    metadata = await startMetadataServer()
    process.env['GCE_METADATA_HOST'] = metadata.host
    hello = await serve((_, response) => response.end('hello'))
    cloudRun = await startCloudRun({
      audiences: [audience],
      invokers: [account],
      keySet: metadata.keys.keySet,
      container: hello.url,
      tls: { certificate, key },
    })
  })
  after(async () => {
    delete process.env['GCE_METADATA_HOST']
    await cloudRun[Symbol.asyncDispose]()
    await hello[Symbol.asyncDispose]()
    await metadata[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })
  afterEach(() => {
    metadata.faults.recover()
    cloudRun.allow([account])
    cloudRun.forgetRequests()
  })

  const configFor = (changes: { audience?: string; ca?: string } = {}): string => `${usualConfig}
routes:
  - from: https://hello.example.com
    to: ${cloudRun.url}
    tls_custom_ca_file: ${changes.ca ?? ca}
    enable_google_cloud_serverless_authentication: true
    google_cloud_serverless_authentication_audience: ${changes.audience ?? audience}
    allow_any_authenticated_user: true
`
  const run = async (yaml = configFor(), ...flags: readonly string[]): Promise<DoctorOutcome> => {
    const outcome = await runDoctor(yaml, '--json', '--only', 'google,upstreams', ...flags)
    holdsNoSecret(outcome)
    return outcome
  }

  it('says which credential mints as whom, that the service is private, and that we may invoke it', async () => {
    const { code, lines } = await run()
    assert.deepEqual(lines, [
      'ok source: the service account of this machine (metadata server)',
      `ok ${audience}: an ID token is minted as ${account}`,
      `ok ${cloudRun.url}: is private: Google refuses an anonymous request with 403`,
      `ok ${cloudRun.url}: lets ${account} in: a request with its token reaches the service (200)`,
    ])
    assert.equal(code, 0)
    assert.deepEqual(
      cloudRun.requests.map(({ method, path }) => `${method} ${path}`),
      ['GET /', 'GET /'],
    )
  })

  it('a service that anybody may invoke: the command that takes allUsers away', async () => {
    cloudRun.allow('allUsers')
    const { code, lines } = await run()
    assert.equal(code, 1)
    assert.match(
      lines[2] ?? '',
      /^problem .* is not private: an anonymous request gets 200, so anybody goes past Postern/,
    )
    assert.match(
      lines[2] ?? '',
      /gcloud run services remove-iam-policy-binding SERVICE --region REGION --member allUsers --role roles\/run\.invoker .*--invoker-iam-check/,
    )
  })

  it('an account that may not invoke: the command that grants it', async () => {
    cloudRun.allow([])
    const { code, lines } = await run()
    assert.equal(code, 1)
    assert.match(lines[3] ?? '', new RegExp(`^problem .*IAM: ${account} may not invoke it \\(403\\)`))
    assert.match(
      lines[3] ?? '',
      new RegExp(`add-iam-policy-binding .* --member serviceAccount:${account} --role roles/run.servicesInvoker`),
    )
  })

  it('an audience that the service does not expect', async () => {
    const { code, lines } = await run(configFor({ audience: 'https://other-abc-uc.a.run.app' }))
    assert.equal(code, 1)
    assert.match(lines[3] ?? '', /^problem .*does not accept a token for https:\/\/other-abc-uc\.a\.run\.app \(401\)/)
    assert.match(lines[3] ?? '', /google_cloud_serverless_authentication_audience .*--add-custom-audiences/)
  })

  it('an address without a service', async () => {
    await using nowhere = await startCloudRun({
      audiences: [],
      invokers: [],
      keySet: metadata.keys.keySet,
      container: hello.url,
      hosts: ['elsewhere.example'],
    })
    const { code, lines } = await run(configFor().replace(cloudRun.url, nowhere.url.replace('127.0.0.1', 'localhost')))
    assert.equal(code, 1)
    assert.match(lines[2] ?? '', /^problem .*Google answers 404: there is no service .*gcloud run services list/)
  })

  it('an application that refuses strangers itself: that is not the same as private', async () => {
    await using strict = await serve((_, response) => response.writeHead(403).end('not you'))
    const { code, lines } = await run(configFor().replace(cloudRun.url, strict.url))
    assert.equal(code, 0)
    assert.match(lines[2] ?? '', /^warning .*gets 403, but not from Google/)
  })

  it('no credentials: what Google said and what to do, and the service is asked without a token all the same', async () => {
    metadata.faults.fail(404)
    const { code, lines } = await run()
    assert.equal(code, 1)
    assert.match(
      lines[1] ?? '',
      /^problem .*no ID token with the service account .* 404.* → There is no service account identity here/,
    )
    assert.match(lines[2] ?? '', /^ok .*is private/)
    assert.match(lines[3] ?? '', /^warning .*not asked with a token/)
  })

  it('a metadata server that hangs costs no more than the deadline', async () => {
    metadata.faults.hanging = true
    const { code, lines } = await run(configFor(), '--timeout', '1')
    assert.equal(code, 1)
    assert.match(lines[1] ?? '', /^problem .*no answer/)
  })

  it('a certificate that is not trusted: no token goes there', async () => {
    const strange = await writeCertificates(join(directory, 'other'), { run: serviceNamed('run') })
    const { lines } = await run(configFor({ ca: strange.caFile }))
    assert.match(
      lines[2] ?? '',
      /^problem .*cannot be reached: TLS: the certificate is of an authority that is not trusted .*tls_custom_ca_file/,
    )
    assert.equal(cloudRun.requests.length, 0)
  })

  it('a clock that is wrong is told, and what it breaks', async () => {
    const old = new Date(Date.now() - 3_600_000).toUTCString()
    await using late = await serve((_, response) =>
      response
        .writeHead(403, { date: old, server: 'Google Frontend', 'content-type': 'text/html' })
        .end('<title>403 Forbidden</title>'),
    )
    const outcome = await runDoctor(configFor().replace(cloudRun.url, late.url), '--json', '--only', 'clock')
    assert.equal(outcome.code, 1)
    assert.match(
      outcome.lines.join('\n'),
      /^problem Google \(127\.0\.0\.1\): our clock is 60 min ahead: tokens are refused/,
    )
  })
})
