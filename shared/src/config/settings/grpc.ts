import { isLocal, isLoopbackHost } from '../listen-address.ts'
import type { ListenAddress } from '../listen-address.ts'
import type { GrpcConfig, GrpcSecurity, GrpcTarget, ServiceName } from '../model.ts'
import type { ConfigPath } from '../config-issue.ts'
import { quote } from '../read/describe-found.ts'
import { Secret } from '../../secret.ts'
import type { Assembly } from './assembly.ts'
import { readAddress } from './listeners.ts'

const usualPort = 5443

/** Where this service's gRPC server listens, and how the services prove who they are. */
export function readGrpc(assembly: Assembly, service: ServiceName, targets: readonly GrpcTarget[]): GrpcConfig {
  const { values, platform, allInOne, report } = assembly
  const listen = readGrpcListener(assembly, service)
  const serves = service !== 'proxy' && !allInOne
  const isPrivate = (!serves || isLocal(listen)) && targets.every(isLocalTarget)
  const security = readSecurity(assembly, isPrivate)
  if (
    serves &&
    platform.port !== undefined &&
    service === 'authorize' &&
    values.grpc_address === undefined &&
    values.address !== undefined
  ) {
    report.warning(['address'], 'authorize has no HTTP listener; it listens for gRPC on $PORT')
  }
  return { listen, security, clientTimeoutMs: values.grpc_client_timeout }
}

/** The key that says where a service is, first of those that are given. */
export function readTargets(assembly: Assembly, service: ServiceName, ...keys: TargetKey[]): GrpcTarget[] {
  const { values, allInOne, report } = assembly
  const key = keys.find((candidate) => values[candidate] !== undefined)
  if (key === undefined) {
    const [first = 'authorize_service_url'] = keys
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
  return `dns:///${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

function readGrpcListener({ values, platform, allInOne, report }: Assembly, service: ServiceName): ListenAddress {
  const port = service === 'authorize' && !allInOne ? (platform.port ?? usualPort) : usualPort
  const host = allInOne ? '127.0.0.1' : '0.0.0.0'
  return readAddressOr(values.grpc_address, { kind: 'tcp', host, port }, report)
}

function isLocalTarget(target: GrpcTarget): boolean {
  if (target.startsWith('unix:')) return true
  return isLoopbackHost(target.replace(/^dns:\/\/\//, '').replace(/:\d+$/, ''))
}

function readSecurity(assembly: Assembly, isPrivate: boolean): GrpcSecurity {
  const { values, report } = assembly
  const tls = values.grpc_tls
  const hasCertificate = tls?.certificate_file !== undefined
  const chosen = values.grpc_authentication ?? (hasCertificate ? 'mutual_tls' : 'none')
  if (values.grpc_insecure === true && !isPrivate) {
    report.error(
      ['grpc_insecure'],
      'plain text between the services is accepted on loopback and unix sockets only; set grpc_tls',
    )
  }
  switch (chosen) {
    case 'mutual_tls':
      return readMutualTls(assembly)
    case 'shared_secret':
      return readSharedSecret(assembly, isPrivate)
    case 'none':
      if (!isPrivate && values.grpc_insecure !== true) {
        report.error(
          ['grpc_tls'],
          'not set; the services reach each other over the network, so they must prove who they are: set grpc_tls.certificate_file, key_file and ca_file',
        )
      }
      return { kind: 'insecure' }
  }
}

function readMutualTls({ values, report }: Assembly): GrpcSecurity {
  const {
    certificate_file: certificateFile,
    key_file: keyFile,
    ca_file: caFile,
    client_names: names,
  } = values.grpc_tls ?? {}
  for (const [key, value] of Object.entries({
    certificate_file: certificateFile,
    key_file: keyFile,
    ca_file: caFile,
  })) {
    if (value === undefined)
      report.error(['grpc_tls', key], 'not set; mutual TLS needs certificate_file, key_file and ca_file')
  }
  const clientNames = {
    proxy: names?.proxy ?? ['proxy'],
    authorize: names?.authorize ?? ['authorize'],
    authenticate: names?.authenticate ?? ['authenticate'],
  }
  return {
    kind: 'mtls',
    certificateFile: certificateFile ?? '',
    keyFile: keyFile ?? '',
    caFile: caFile ?? '',
    clientNames,
  }
}

function readSharedSecret({ values, secrets, report }: Assembly, isPrivate: boolean): GrpcSecurity {
  const tls = values.grpc_tls
  const { text, path } = secrets('shared_secret')
  if (text === undefined) report.error(path, 'not set; grpc_authentication: shared_secret needs it')
  if (!isPrivate && tls?.ca_file === undefined && tls?.certificate_file === undefined) {
    report.error(
      ['grpc_tls'],
      'not set; a token that anybody on the way can read proves nothing: set grpc_tls.ca_file, and certificate_file and key_file where a service listens',
    )
  }
  return {
    kind: 'shared-secret',
    sharedSecret: new Secret(text ?? ''),
    caFile: tls?.ca_file,
    certificateFile: tls?.certificate_file,
    keyFile: tls?.key_file,
  }
}

function readAddressOr(text: string | undefined, otherwise: ListenAddress, report: Assembly['report']): ListenAddress {
  return readAddress(text, ['grpc_address'], report) ?? otherwise
}
