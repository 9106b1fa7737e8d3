import { readFile } from 'node:fs/promises'
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js'
import type { Clock } from '../clock.ts'
import type { GrpcSecurity, ServiceName } from '../config/model.ts'
import { sharedKeys } from '../crypto/keys.ts'
import { ServiceTokens } from './service-tokens.ts'

/** How a server proves itself, and whether it asks its clients for certificates. Reads the files anew each time. */
export async function serverCredentials(security: GrpcSecurity): Promise<ServerCredentials> {
  if (security.kind === 'insecure') return ServerCredentials.createInsecure()
  const { certificateFile, keyFile } = security
  // With a shared secret and no certificate, TLS ends in front of us (Cloud Run).
  if (certificateFile === undefined || keyFile === undefined) return ServerCredentials.createInsecure()
  const pair = { cert_chain: await readFile(certificateFile), private_key: await readFile(keyFile) }
  if (security.kind === 'shared-secret') return ServerCredentials.createSsl(null, [pair])
  return ServerCredentials.createSsl(await readFile(security.caFile), [pair], true)
}

/**
 * How a client checks the server, and proves itself under mutual TLS. A shared-secret token never leaves this machine
 * in the clear: only loopback and unix sockets go without TLS.
 */
export async function channelCredentials(security: GrpcSecurity, local: boolean): Promise<ChannelCredentials> {
  if (security.kind === 'mtls') {
    const { caFile, keyFile, certificateFile } = security
    const files = [readFile(caFile), readFile(keyFile), readFile(certificateFile)] as const
    return ChannelCredentials.createSsl(...(await Promise.all(files)))
  }
  if (security.kind === 'insecure') return ChannelCredentials.createInsecure()
  if (security.caFile !== undefined) return ChannelCredentials.createSsl(await readFile(security.caFile))
  return local ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl()
}

/** The token maker and checker of this service; `undefined` where certificates or the machine itself prove callers. */
export function serviceTokens(security: GrpcSecurity, self: ServiceName, clock: Clock): ServiceTokens | undefined {
  if (security.kind !== 'shared-secret') return undefined
  return new ServiceTokens(sharedKeys(security, 'grpc-service-token'), self, clock)
}
