import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { startCloudRun } from '@postern/dev/cloud-run.ts'
import { proxyServiceAccount } from '@postern/dev/google/google-keys.ts'
import { startMetadataServer, type MetadataServer } from '@postern/dev/metadata-server.ts'
import { serve } from '@postern/dev/serve.ts'
import { systemClock } from '@postern/shared/clock.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import {
  openIdTokenSource,
  type IdTokenSource,
  type IdTokenSourceDeps,
} from '../../../services/proxy/src/google-identity/id-token-source.ts'

const audience = 'https://hello-abcdef-uc.a.run.app'
const silent: Logger = { debug: noop, info: noop, warn: noop, error: noop, child: () => silent }
function noop(): void {
  // nothing to see
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const serviceAccountKey = {
  type: 'service_account',
  client_email: 'key@example-project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
}

describe('ID tokens with the credentials that Google gives out', () => {
  let metadata: MetadataServer
  let source: IdTokenSource | undefined
  const open = (json?: object, deps: Partial<IdTokenSourceDeps> = {}): IdTokenSource => {
    const credential = json === undefined ? ({ kind: 'ambient' } as const) : jsonCredential(json)
    source = openIdTokenSource(credential, { log: silent, ...deps })
    return source
  }
  const google = (calls: GoogleCall[]) => fakeGoogle(metadata, calls)

  before(async () => {
    metadata = await startMetadataServer()
    process.env['GCE_METADATA_HOST'] = metadata.host
  })
  after(async () => {
    delete process.env['GCE_METADATA_HOST']
    await metadata[Symbol.asyncDispose]()
  })
  afterEach(async () => {
    await source?.[Symbol.asyncDispose]()
    metadata.faults.recover()
    metadata.faults.forgetRequests()
    delete process.env['K_SERVICE']
    process.env['GCE_METADATA_HOST'] = metadata.host
  })

  it('the metadata server: 100 first requests are one call, and the private service accepts the token', async () => {
    await using container = await serve((_, response) => response.end('hello'))
    await using cloudRun = await startCloudRun({
      audiences: [audience],
      invokers: [metadata.account.email],
      keySet: metadata.keys.keySet,
      container: container.url,
    })
    const ambient = open()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => ambient.idToken(audience)))
    assert.deepEqual(metadata.faults.audiences, [audience])
    const response = await fetch(cloudRun.url, {
      headers: { 'x-serverless-authorization': `Bearer ${String(tokens[0])}` },
    })
    assert.equal(await response.text(), 'hello')
  })

  it('the metadata server gets odd audiences as they are', async () => {
    for (const odd of [
      'https://a.run.app/x?y=1&format=full',
      'api://my+aud',
      '123.apps.googleusercontent.com',
      'https://a.run.app/#f',
    ]) {
      await open().idToken(odd)
    }
    assert.deepEqual(metadata.faults.audiences, [
      'https://a.run.app/x?y=1&format=full',
      'api://my+aud',
      '123.apps.googleusercontent.com',
      'https://a.run.app/#f',
    ])
  })

  it('a workload without a service account is told so', async () => {
    metadata.faults.fail(404)
    await assert.rejects(open().idToken(audience), {
      code: 'TOKEN_MINT_FORBIDDEN',
      message: /metadata server.*Google answered 404.*no service account identity/,
    })
  })

  it('bursts of 429 and 500 are ridden out within the time', async () => {
    metadata.faults.fail(429, 1)
    await open().idToken(audience)
    metadata.faults.fail(500, 1)
    await open().idToken(audience)
    assert.equal(metadata.faults.requests.length, 4)
  })

  it('a metadata server that hangs costs two seconds, on Cloud Run too, and works again when it does', async () => {
    process.env['K_SERVICE'] = 'postern' // there the library waits without end
    metadata.faults.hanging = true
    let nowMs = Date.now()
    const ambient = open(undefined, { clock: { now: () => new Date(nowMs) } })
    const startedMs = performance.now()
    await assert.rejects(ambient.idToken(audience), { code: 'TOKEN_MINT_FAILED' })
    const tookMs = performance.now() - startedMs
    assert.ok(tookMs > 1900 && tookMs < 4000, `took ${String(tookMs)} ms`)
    metadata.faults.recover()
    nowMs += 2000
    assert.match(await ambient.idToken(audience), /^ey/)
  })

  it('an absent metadata server is no lasting harm: the same source works when it comes', async () => {
    let nowMs = Date.now()
    const ambient = open(undefined, { clock: { now: () => new Date(nowMs) } })
    process.env['GCE_METADATA_HOST'] = '127.0.0.1:9' // discard: nobody listens
    await assert.rejects(ambient.idToken(audience), { code: 'TOKEN_MINT_FAILED', message: /NO_PROXY/ })
    process.env['GCE_METADATA_HOST'] = metadata.host
    nowMs += 2000
    assert.match(await ambient.idToken(audience), /^ey/)
  })

  it('a service account key: one signed assertion for the audience, sent to Google alone', async () => {
    const calls: GoogleCall[] = []
    await open(serviceAccountKey, { fetch: google(calls) }).idToken(audience)
    assert.deepEqual(
      calls.map((call) => call.url),
      ['https://oauth2.googleapis.com/token'],
    )
    const assertion = new URLSearchParams(calls[0]?.body).get('assertion') ?? ''
    const [header = '', payload = '', signature = ''] = assertion.split('.')
    assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url')))
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    assert.deepEqual([claims['iss'], claims['target_audience']], [serviceAccountKey.client_email, audience])
  })

  it('a deleted key is named in the error, without its content', async () => {
    const answer = Response.json(
      { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
      { status: 400 },
    )
    const source = open(serviceAccountKey, { fetch: () => Promise.resolve(answer) })
    await assert.rejects(source.idToken(audience), {
      code: 'TOKEN_MINT_FORBIDDEN',
      message: /the key of key@example-project.*400: invalid_grant: Invalid JWT Signature\..*deleted or disabled/,
    })
  })

  it('impersonation: the source credential asks for a token of the target', async () => {
    const calls: GoogleCall[] = []
    const json = { ...impersonation, source_credentials: serviceAccountKey }
    await open(json, { fetch: google(calls) }).idToken(audience)
    assert.deepEqual(
      calls.map((call) => call.url),
      ['https://oauth2.googleapis.com/token', generateIdToken],
    )
    assert.equal(calls[1]?.authorization, 'Bearer ya29.source')
    assert.deepEqual(JSON.parse(calls[1].body), { audience, delegates: [], includeEmail: true, useEmailAzp: true })
  })

  it('impersonation without the role says which role, on whom, for whom', async () => {
    const denied = {
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        message: "Permission 'iam.serviceAccounts.getOpenIdToken' denied",
      },
    }
    const fetch = (url: unknown) =>
      Promise.resolve(
        String(url) === generateIdToken
          ? Response.json(denied, { status: 403 })
          : Response.json({ access_token: 'ya29.source' }),
      )
    const source = open({ ...impersonation, source_credentials: serviceAccountKey }, { fetch: fetch })
    await assert.rejects(source.idToken(audience), {
      code: 'TOKEN_MINT_FORBIDDEN',
      message:
        /getOpenIdToken.*Grant roles\/iam.serviceAccountOpenIdTokenCreator on postern-proxy@.* to key@example-project/,
    })
  })

  it('gcloud’s own credential helps where nobody answers for the machine, and a warning says so', async () => {
    process.env['GCE_METADATA_HOST'] = '127.0.0.1:9'
    const calls: GoogleCall[] = []
    const warnings: unknown[] = []
    const gcloud = { type: 'authorized_user', client_id: 'gcloud', client_secret: 's', refresh_token: 'r' }
    const source = open(undefined, {
      gcloudCredential: new Secret(JSON.stringify(gcloud)),
      fetch: google(calls),
      log: { ...silent, warn: (_, message) => void warnings.push(message) },
    })
    await source.idToken(audience)
    assert.equal(calls.length, 1)
    assert.match(String(warnings[0]), /for development only/)
  })
})

interface GoogleCall {
  readonly url: string
  readonly body: string
  readonly authorization: string | null
}

const impersonation = {
  type: 'impersonated_service_account',
  service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${proxyServiceAccount.email}:generateAccessToken`,
}
const generateIdToken = impersonation.service_account_impersonation_url.replace(
  'generateAccessToken',
  'generateIdToken',
)

function jsonCredential(json: object) {
  return { kind: 'json', json: new Secret(JSON.stringify(json)) } as const
}

/** Google's token endpoints, as far as they are called here. */
function fakeGoogle(metadata: MetadataServer, calls: GoogleCall[]): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString()
    const body =
      init?.body instanceof URLSearchParams ? init.body.toString() : typeof init?.body === 'string' ? init.body : ''
    calls.push({ url, body, authorization: new Headers(init?.headers).get('authorization') })
    const wanted = url === generateIdToken ? audience : wantedAudience(body)
    if (wanted === undefined) return Response.json({ access_token: 'ya29.source', expires_in: 3600 })
    const token = await metadata.keys.idToken(metadata.account, wanted, { clock: systemClock, lifetimeSeconds: 3600 })
    return Response.json(url === generateIdToken ? { token } : { id_token: token })
  }
}

function wantedAudience(body: string): string | undefined {
  const form = new URLSearchParams(body)
  if (form.get('grant_type') === 'refresh_token') return form.get('client_id') ?? undefined
  const payload = (form.get('assertion') ?? '').split('.')[1] ?? ''
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { target_audience?: string }
  return claims.target_audience
}
