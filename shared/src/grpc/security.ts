import { readFile } from 'node:fs/promises'
import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js'
import type { Clock } from '../clock.ts'
import type { GrpcSecurity, ServiceName } from '../config/model.ts'
import { sharedKeys } from '../crypto/keys.ts'
import { CertificateFiles, type CertificateFilesDeps } from './certificate-files.ts'
import { ServiceTokens } from './service-tokens.ts'

/** How a server or a client proves itself; what keeps the certificates current ends with it. */
export interface OpenCredentials<Credentials> extends Disposable {
  readonly credentials: Credentials
}

/** How a server proves itself, and whether it asks its clients for certificates, which are read anew when they change. */
export async function serverCredentials(
  security: GrpcSecurity,
  deps: CertificateFilesDeps = {},
): Promise<OpenCredentials<ServerCredentials>> {
  // With Google's tokens, TLS ends in front of us (Cloud Run).
  if (security.kind === 'insecure' || security.kind === 'google') return fixed(ServerCredentials.createInsecure())
  const { certificateFile, keyFile } = security
  // With a shared secret and no certificate, TLS ends in front of us (Cloud Run).
  if (certificateFile === undefined || keyFile === undefined) return fixed(ServerCredentials.createInsecure())
  const isMutual = security.kind === 'mtls'
  const caFile = isMutual ? security.caFile : undefined
  const files = await CertificateFiles.open({ certificateFile, keyFile, caFile }, deps)
  // The library's types have the first two the other way round; its code takes the server's own certificate first.
  const create = experimental.createCertificateProviderServerCredentials
  const credentials = create(files, isMutual ? files : null, isMutual)
  return { credentials, [Symbol.dispose]: () => files[Symbol.dispose]() }
}

/**
 * How a client checks the server, and proves itself under mutual TLS. A shared-secret token never leaves this machine
 * in the clear: only loopback and unix sockets go without TLS.
 */
export async function channelCredentials(
  security: GrpcSecurity,
  local: boolean,
  deps: CertificateFilesDeps = {},
): Promise<OpenCredentials<ChannelCredentials>> {
  if (security.kind === 'mtls') {
    const files = await CertificateFiles.open(security, deps)
    const credentials = experimental.createCertificateProviderChannelCredentials(files, files)
    return { credentials, [Symbol.dispose]: () => files[Symbol.dispose]() }
  }
  if (security.kind === 'insecure') return fixed(ChannelCredentials.createInsecure())
  if (security.caFile !== undefined) return fixed(ChannelCredentials.createSsl(await readFile(security.caFile)))
  return fixed(local ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl())
}

function fixed<Credentials>(credentials: Credentials): OpenCredentials<Credentials> {
  return { credentials, [Symbol.dispose]: () => undefined }
}

/** The token maker and checker of this service; `undefined` where certificates or the machine itself prove callers. */
export function serviceTokens(security: GrpcSecurity, self: ServiceName, clock: Clock): ServiceTokens | undefined {
  if (security.kind !== 'shared-secret') return undefined
  return new ServiceTokens(sharedKeys(security, 'grpc-service-token'), self, clock)
}
