import { usualMetadataHost } from '../../google-identity/metadata-minter.ts'
import type { GoogleSecurity, ServiceName } from '../model.ts'
import { quote } from '../read/describe-found.ts'
import type { Assembly } from './assembly.ts'

export interface GoogleReach {
  readonly service: ServiceName
  readonly listensOpenly: boolean
}

const serviceAccount = /^[^@\s]+@[^@\s]+$/
/** Whom each service is called by. */
const callersOf = { proxy: [], authorize: ['proxy'], authenticate: ['proxy', 'authorize'] } as const

/**
 * Google ID tokens between the services. The called service verifies them itself: where Cloud Run lets everybody
 * invoke it, nobody else does.
 */
export function readGoogle(assembly: Assembly, { service, listensOpenly }: GoogleReach): GoogleSecurity {
  const { values, platform, report } = assembly
  const { callers, audiences } = values.grpc_google ?? {}
  const known = { proxy: callers?.proxy ?? [], authorize: callers?.authorize ?? [], authenticate: [] }
  if (listensOpenly && !platform.isCloudRun) {
    report.error(
      ['grpc_authentication'],
      'google is for Cloud Run, where TLS ends in front of the service; elsewhere set mutual_tls',
    )
  }
  for (const caller of callersOf[service]) {
    const path = ['grpc_google', 'callers', caller]
    if (known[caller].length === 0)
      report.error(path, `not set; ${service} needs the service account as which ${caller} runs`)
    for (const [index, email] of known[caller].entries()) {
      if (!serviceAccount.test(email))
        report.error([...path, index], `found ${quote(email)}; expected the e-mail address of a service account`)
    }
  }
  const usual = {
    authorize:
      audiences?.authorize ?? originOf(values.authorize_service_url?.[0] ?? values.authorize_service_urls?.[0]),
    authenticate: audiences?.authenticate ?? originOf(values.authenticate_grpc_service_url?.[0]),
  }
  for (const name of audiencesOf[service]) {
    if (usual[name] === undefined)
      report.error(
        ['grpc_google', 'audiences', name],
        `not set, and ${urlKeys[name]} gives no https URL to take it from`,
      )
  }
  return {
    kind: 'google',
    audiences: { ...definedIn(usual) },
    callers: known,
    metadataHost: usualMetadataHost,
    caFile: values.grpc_tls?.ca_file,
  }
}

const urlKeys = { authorize: 'authorize_service_url', authenticate: 'authenticate_grpc_service_url' } as const
/** Whose audience each service has to know: its own, and those of the services that it calls. */
const audiencesOf = {
  proxy: ['authorize', 'authenticate'],
  authorize: ['authorize', 'authenticate'],
  authenticate: ['authenticate'],
} as const

function originOf(url: string | undefined): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url)
  return parsed?.protocol === 'https:' ? parsed.origin : undefined
}

function definedIn(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
