import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, load } from '../config-fixture.ts'

const urls = `authorize_service_url: https://postern-authorize-abc.a.run.app
authenticate_grpc_service_url: https://postern-authenticate-abc.a.run.app
`
const callers = `grpc_google:
  callers:
    proxy: proxy@p.iam.gserviceaccount.com
    authorize: authorize@p.iam.gserviceaccount.com
`
const text = `${baseConfig}grpc_authentication: google\n${urls}`
const onCloudRun = { env: { K_SERVICE: 'postern', PORT: '8080' } }

describe('grpc_authentication: google', () => {
  it('names callers by their service accounts, and audiences by the URLs of the services', () => {
    for (const service of ['proxy', 'authorize', 'authenticate'] as const) {
      const config = load(text + callers, { ...onCloudRun, services: [service] })
      assert.deepEqual(config[service].grpc.security, {
        kind: 'google',
        audiences: {
          authorize: 'https://postern-authorize-abc.a.run.app',
          authenticate: 'https://postern-authenticate-abc.a.run.app',
        },
        callers: {
          proxy: ['proxy@p.iam.gserviceaccount.com'],
          authorize: ['authorize@p.iam.gserviceaccount.com'],
          authenticate: [],
        },
        metadataHost: 'metadata.google.internal',
        caFile: undefined,
      })
    }
  })

  it('takes other audiences where the services have custom ones', () => {
    const more = `${callers}  audiences: {authorize: authorize.internal}\n`
    const { security } = load(text + more, { ...onCloudRun, services: ['authorize'] }).authorize.grpc
    assert.equal(security.kind === 'google' && security.audiences.authorize, 'authorize.internal')
  })

  it('is refused where nobody is named who may call', () => {
    const errors = errorsOf(text, { ...onCloudRun, services: ['authorize'] })
    assert.equal(errors.length, 1, errors.join('\n'))
    assert.match(errors[0] ?? '', /grpc_google\.callers\.proxy: not set; authorize needs the service account/)
  })

  it('is refused for what is no service account', () => {
    const errors = errorsOf(text + callers.replace('proxy@p.iam.gserviceaccount.com', 'everybody'), {
      ...onCloudRun,
      services: ['authorize'],
    })
    assert.match(errors.join('\n'), /found "everybody"; expected the e-mail address/)
  })

  it('is refused for a listener that is not on Cloud Run', () => {
    const errors = errorsOf(text + callers, { services: ['authorize'] })
    assert.match(errors.join('\n'), /grpc_authentication: google is for Cloud Run/)
  })

  it('is refused where no audience is known', () => {
    const noUrl = text.replace('https://postern-authorize-abc.a.run.app', 'dns:///postern-authorize:443')
    const errors = errorsOf(noUrl + callers, { ...onCloudRun, services: ['proxy'] })
    assert.match(errors.join('\n'), /grpc_google\.audiences\.authorize: not set/)
  })
})
