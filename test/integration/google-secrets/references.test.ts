// CFG-07: secret references, resolved by Google's own client with ambient credentials, against a stand-in.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startMetadataServer, type MetadataServer } from '@postern/dev/metadata-server.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { ConfigSource } from '@postern/shared/config/reload/config-source.ts'
import { resolveReferences } from '@postern/shared/google-secrets/resolve-references.ts'
import { secretManager } from '@postern/shared/google-secrets/secret-access.ts'
import { startSecretManager, type SecretManagerStandIn } from '../../support/secrets-at-google.ts'

const file = `authenticate_service_url: https://authn.example.com
idp_provider: google
idp_client_id: me
insecure_server: true
routes:
- from: https://hello.example.com
  to: https://hello-abc-uc.a.run.app
  enable_google_cloud_serverless_authentication: true
  allowed_domains: [example.com]
`

describe('the configuration in Secret Manager', () => {
  let metadata: MetadataServer
  let manager: SecretManagerStandIn

  before(async () => {
    metadata = await startMetadataServer()
    manager = await startSecretManager()
    process.env['GCE_METADATA_HOST'] = metadata.host
  })
  after(async () => {
    delete process.env['GCE_METADATA_HOST']
    await metadata[Symbol.asyncDispose]()
    await manager[Symbol.asyncDispose]()
  })

  it('runs from VALS_FILES and references, with the access token of this machine', async () => {
    manager.versions.set('projects/my-project/secrets/pomerium-config/versions/latest', file)
    manager.versions.set('projects/123/secrets/idp/versions/3', '{"client": {"secret": "from Secret Manager"}}')
    const env = {
      VALS_FILES: '/pomerium/config.yaml:ref+gcpsecrets://my-project/pomerium-config',
      IDP_CLIENT_SECRET: 'ref+gcpsecrets://123/idp?version=3#/client/secret',
    }
    const resolved = await resolveReferences(env, secretManager(manager.send))
    assert.deepEqual(resolved.issues, [])
    assert.deepEqual(new Set(manager.authorizations), new Set(['Bearer ya29.postern-dev']))
    const source = new ConfigSource({ path: '/pomerium/config.yaml', env: resolved.env, files: resolved.files })
    const reading = source.read()
    assert.ok(reading.kind === 'ok')
    assert.equal(reading.config.authenticate.idp.clientSecret?.reveal(), 'from Secret Manager')
    assert.equal(reading.config.proxy.routes[0]?.from.host, 'hello.example.com')
  })

  const failures = [
    [403, /answered 403: grant roles\/secretmanager\.secretAccessor on the secret/],
    [404, /answered 404: there is no such secret, or no such version/],
    [400, /answered 400: the version is disabled or destroyed/],
    [401, /answered 401: the Google credentials of this process are not accepted/],
  ] as const
  for (const [status, expected] of failures) {
    it(`${String(status)}: names the variable, the reference, the status and what to do`, async () => {
      manager.versions.set('projects/p/secrets/s/versions/latest', status)
      const env = { SHARED_SECRET: 'ref+gcpsecrets://p/s' }
      const { issues } = await resolveReferences(env, secretManager(manager.send))
      const [message = ''] = issues.map(describeIssue)
      assert.match(message, /^\$SHARED_SECRET ref\+gcpsecrets:\/\/p\/s: Secret Manager /)
      assert.match(message, expected)
      assert.doesNotMatch(message, /quoted-by-google|ya29/)
    })
  }

  it('tries again when Secret Manager is out of order for a moment, and then says so', async () => {
    manager.versions.set('projects/p/secrets/s/versions/latest', 503)
    const before = manager.authorizations.length
    const { issues } = await resolveReferences({ A: 'ref+gcpsecrets://p/s' }, secretManager(manager.send))
    assert.match(issues.map(describeIssue).join(), /Secret Manager answered 503: try again/)
    assert.ok(manager.authorizations.length - before > 1)
  })

  it('says that there are no credentials when there are none', async () => {
    metadata.faults.answer({ status: 404, body: 'no service account' })
    const { issues } = await resolveReferences({ A: 'ref+gcpsecrets://p/s' }, secretManager(manager.send))
    assert.match(issues.map(describeIssue).join(), /no Google credentials were found or accepted/)
    metadata.faults.recover()
  })
})
