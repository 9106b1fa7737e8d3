// access_log_fields: which fields the access record has, and what never stands in it.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { describe, it } from 'node:test'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { usualAccessFields } from '@postern/shared/config/log-fields.ts'
import { Secret } from '@postern/shared/secret.ts'
import { get, startConfigured } from '../../support/configured-proxy.ts'
import { eventually } from '../../support/eventually.ts'

const routes = [{ name: 'hello', from: 'https://app.test', response: { status: 200, body: 'hi' } }]

/** The record of one request over TLS, with or without a certificate of the client. */
async function recordOverTls(showsCertificate: boolean) {
  const authority = new CertificateAuthority('Company Root')
  const { certificate, key } = authority.issue({ commonName: 'app.test', dnsNames: ['app.test'] })
  const client = authority.issue({ commonName: 'ada', dnsNames: ['ada.example.com'], emails: ['ada@example.com'] })
  await using proxy = await startConfigured(
    { routes, access_log_fields: ['method', 'client-certificate'] },
    {
      config: {
        tls: { certificates: [{ certificate, key: new Secret(key) }] },
        clientCertificates: {
          authorities: authority.certificate,
          revocationLists: [],
          rejectsConnections: false,
          alternativeNames: [],
          maxDepth: 1,
        },
      },
    },
  )
  const asked = request({
    port: proxy.port,
    headers: { host: 'app.test', connection: 'close' },
    rejectUnauthorized: false,
    ...(showsCertificate ? { cert: client.certificate, key: client.key } : {}),
  })
  asked.on('response', (response) => response.resume()).end()
  const find = () => proxy.log.lines.find(({ message }) => message === 'http-request')?.fields
  await eventually('the record is written', 2000, () => find() !== undefined)
  return find() ?? {}
}

async function recordOf(fields: readonly string[] | undefined, target = '/a', ...lines: string[]) {
  const logging = fields === undefined ? {} : { access_log_fields: fields }
  await using proxy = await startConfigured({ routes, ...logging })
  await get(proxy.port, `app.test${target}`, 'Connection: close', ...lines)
  const find = () => proxy.log.lines.find(({ message }) => message === 'http-request')?.fields
  await eventually('the record is written', 2000, () => find() !== undefined)
  return find() ?? {}
}

describe('the access record', () => {
  it('has the usual fields where nothing is said', async () => {
    assert.deepEqual(Object.keys(await recordOf(undefined)), [...usualAccessFields])
  })

  it('has the fields that the configuration names, and no others', async () => {
    const fields = ['response-code', 'path', 'headers.X-Kind', 'cluster-stat-name', 'headers.absent']
    assert.deepEqual(await recordOf(fields, '/a?b=1', 'X-Kind: one', 'x-kind: two'), {
      'response-code': 200,
      path: '/a',
      'headers.X-Kind': 'one, two',
      'cluster-stat-name': 'hello',
      'headers.absent': undefined,
    })
  })

  it('has every usual field by its name', async () => {
    const record = await recordOf(usualAccessFields)
    const empty = ['user-agent', 'referer', 'user', 'upstream-ms']
    for (const field of usualAccessFields) assert.equal(record[field] === undefined, empty.includes(field), field)
  })

  it('shows a query only where it is asked for, and no code, state or token in it (LOG-02)', async () => {
    const target = '/a?page=2&code=hunter2&state=hunter2&token=hunter2&access_token=hunter2&id_token_hint=hunter2'
    assert.doesNotMatch(JSON.stringify(await recordOf(undefined, target)), /page=2|hunter2/)
    const { query } = await recordOf(['query'], target)
    assert.equal(
      query,
      'page=2&code=[redacted]&state=[redacted]&token=[redacted]&access_token=[redacted]&id_token_hint=[redacted]',
    )
  })

  it('says whose certificate the client showed, and who issued it', async () => {
    assert.deepEqual(await recordOverTls(true), {
      method: 'GET',
      'client-certificate': {
        issuer: 'CN=Company Root',
        subject: 'CN=ada',
        subjectAltName: ['DNS:ada.example.com', 'email:ada@example.com'],
      },
    })
    assert.deepEqual(await recordOverTls(false), { method: 'GET', 'client-certificate': undefined })
  })

  it('never shows a credential, whoever asks for it (LOG-03)', async () => {
    const fields = [
      'headers.Authorization',
      'headers.cookie',
      'headers.X-Api-Key',
      'headers',
      'id-token',
      'body',
      'method',
    ]
    const sent = ['Authorization: Bearer hunter2', 'Cookie: a=hunter2', 'X-Api-Key: hunter2']
    assert.deepEqual(await recordOf(fields, '/', ...sent), { method: 'GET' })
  })
})
