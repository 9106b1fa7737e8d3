import { isLocal, isLoopbackHost } from '../listen-address.ts'
import type { ListenAddress } from '../listen-address.ts'
import type { GrpcConfig, GrpcSecurity, GrpcTarget, ServiceName } from '../model.ts'
import type { ConfigPath } from '../config-issue.ts'
import { quote } from '../read/describe-found.ts'
import { Secret } from '../../secret.ts'
import { noteFileReadOnce } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import { readGoogle, type GoogleReach } from './grpc-google.ts'
import { readAddress } from './listeners.ts'
import { checkAuthorities, pemFromFile, readCertificatePair } from './pem.ts'
import type { PemText } from './pem.ts'
import { readAcceptedSecrets } from './secrets.ts'

const usualPort = 5443

/** Where this service's gRPC server listens, and how the services prove who they are. */
export function readGrpc(assembly: Assembly, service: ServiceName, targets: readonly GrpcTarget[]): GrpcConfig {
  const listen = readGrpcListener(assembly, service)
  const serves = service !== 'proxy' && !assembly.allInOne
  const reach: Reach = {
    listensOpenly: serves && !isLocal(listen),
    callsOut: !targets.every(isLocalTarget),
  }
  return {
    listen,
    security: readSecurity(assembly, { ...reach, service }),
    clientTimeoutMs: assembly.values.grpc_client_timeout,
  }
}

/** Where this service's gRPC traffic leaves the machine. */
interface Reach {
  readonly listensOpenly: boolean
  readonly callsOut: boolean
}

/** The key that says where a service is, first of those that are given. */
export function readTargets(assembly: Assembly, service: ServiceName, ...keys: TargetKey[]): GrpcTarget[] {
  const { values, allInOne, report } = assembly
  const key = keys.find((candidate) => values[candidate] !== undefined)
  if (key === undefined) {
    const first = keys.find((name) => !name.includes('internal')) ?? 'authorize_service_url'
    if (!allInOne)
      report.error(
        [first],
        `not set; ${service} needs it, because the services run apart (https://host:port, dns:///host:port or unix:///path)`,
      )
    return []
  }
  const texts = values[key] ?? []
  return texts.map((text, index) => readTarget(text, [key, index], assembly)).filter((target) => target !== undefined)
}

type TargetKey =
  | 'authorize_service_url'
  | 'authorize_service_urls'
  | 'authorize_internal_service_url'
  | 'authenticate_grpc_service_url'

function readTarget(text: string, path: ConfigPath, { report }: Assembly): GrpcTarget | undefined {
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(text)
  if (unix?.[1] !== undefined) return `unix:${unix[1]}`
  if (/^dns:\/\/\/[^/\s]+$/.test(text)) return text
  const url = URL.parse(text)
  if (
    url === null ||
    (url.protocol !== 'https:' && url.protocol !== 'http:') ||
    url.pathname !== '/' ||
    url.search !== ''
  ) {
    report.error(path, `found ${quote(text)}; expected https://host:port, dns:///host:port or unix:///path`)
    return undefined
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    report.error(path, 'plain http between the services is accepted on loopback only; write https')
  }
  return `dns:///${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

function readGrpcListener({ values, platform, allInOne, report }: Assembly, service: ServiceName): ListenAddress {
  const port = service === 'authorize' && !allInOne ? (platform.port ?? usualPort) : usualPort
  const host = allInOne ? '127.0.0.1' : '0.0.0.0'
  return readAddress(values.grpc_address, ['grpc_address'], report) ?? { kind: 'tcp', host, port }
}

function isLocalTarget(target: GrpcTarget): boolean {
  if (target.startsWith('unix:')) return true
  return isLoopbackHost(target.replace(/^dns:\/\/\//, '').replace(/:\d+$/, ''))
}

function readSecurity(assembly: Assembly, reach: Reach & GoogleReach): GrpcSecurity {
  const { values, report } = assembly
  const chosen = values.grpc_authentication ?? (values.grpc_tls?.certificate_file === undefined ? 'none' : 'mutual_tls')
  const isOpen = reach.listensOpenly || reach.callsOut
  if (values.grpc_insecure === true && isOpen) {
    report.error(
      ['grpc_insecure'],
      'plain text between the services is accepted on loopback and unix sockets only; set grpc_tls',
    )
  }
  if (chosen === 'mutual_tls') return readMutualTls(assembly)
  if (chosen === 'google') {
    noteAuthorities(assembly)
    return readGoogle(assembly, reach)
  }
  if (chosen === 'shared_secret') return readSharedSecret(assembly, reach)
  if (isOpen && values.grpc_insecure !== true) {
    report.error(
      ['grpc_tls'],
      `not set; the services reach each other over the network, so they must prove who they are: ${waysToProve(assembly, reach)}`,
    )
  }
  return { kind: 'insecure' }
}

/** On Cloud Run TLS ends in front of a listener, so no certificate of a caller arrives; Google's tokens need Cloud Run. */
function waysToProve({ platform }: Assembly, { listensOpenly }: Reach): string {
  const mutual = 'set grpc_tls.certificate_file, key_file and ca_file; or'
  if (listensOpenly && platform.isCloudRun) return 'set grpc_authentication: shared_secret or google'
  if (listensOpenly) return `${mutual} grpc_authentication: shared_secret, with certificate_file and key_file`
  return `${mutual} grpc_authentication: shared_secret, or google towards Cloud Run`
}

function readMutualTls(assembly: Assembly): GrpcSecurity {
  const { values, report } = assembly
  const files = values.grpc_tls
  const names = files?.client_names
  const caFile = files?.ca_file ?? values.certificate_authority_file
  for (const key of fileKeys) {
    if ((key === 'ca_file' ? caFile : files?.[key]) === undefined)
      report.error(['grpc_tls', key], 'not set; mutual TLS needs certificate_file, key_file and ca_file')
  }
  checkFiles(assembly)
  const path = ['certificate_authority_file']
  if (caFile !== undefined && caFile !== files?.ca_file) checkAuthorities(assembly, pemFromFile(assembly, caFile, path))
  return {
    kind: 'mtls',
    certificateFile: files?.certificate_file ?? '',
    keyFile: files?.key_file ?? '',
    caFile: caFile ?? '',
    clientNames: {
      proxy: names?.proxy ?? ['proxy'],
      authorize: names?.authorize ?? ['authorize'],
      authenticate: names?.authenticate ?? ['authenticate'],
    },
  }
}

/** Callers always use TLS off this machine, so only a listener needs a look; on Cloud Run, TLS ends in front of it. */
function readSharedSecret(assembly: Assembly, { listensOpenly }: Reach): GrpcSecurity {
  const { values, secrets, platform, report } = assembly
  const { certificate_file: certificateFile, key_file: keyFile, ca_file: caFile } = values.grpc_tls ?? {}
  const { text, path, given } = secrets('shared_secret')
  if (!given) report.error(path, 'not set; grpc_authentication: shared_secret needs it')
  if (listensOpenly && certificateFile === undefined && !platform.isCloudRun) {
    report.error(
      ['grpc_tls'],
      'not set; a token that anybody on the way can read proves nothing: set grpc_tls.certificate_file and key_file',
    )
  }
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    report.error(['grpc_tls'], 'certificate_file and key_file go together')
  }
  checkFiles(assembly)
  noteAuthorities(assembly)
  const accepted = secrets('shared_secret_accepted')
  return {
    kind: 'shared-secret',
    sharedSecret: new Secret(text ?? ''),
    acceptedSharedSecrets: readAcceptedSecrets(accepted.text, accepted.path, report),
    caFile,
    certificateFile,
    keyFile,
  }
}

const fileKeys = ['certificate_file', 'key_file', 'ca_file'] as const

/** Without mutual TLS they are read once, by whoever calls. */
function noteAuthorities(assembly: Assembly): void {
  const file = assembly.values.grpc_tls?.ca_file
  if (file !== undefined) noteFileReadOnce(assembly, file, ['grpc_tls', 'ca_file'])
}

/** A mistake for each file of grpc_tls that cannot be used. They are read again by whoever uses them. */
function checkFiles(assembly: Assembly): void {
  const pem = (key: (typeof fileKeys)[number]): PemText => {
    const path = ['grpc_tls', key]
    const file = assembly.values.grpc_tls?.[key]
    return file === undefined ? { text: undefined, path, holder: '' } : pemFromFile(assembly, file, path)
  }
  readCertificatePair(assembly, pem('certificate_file'), pem('key_file'))
  checkAuthorities(assembly, pem('ca_file'))
}
