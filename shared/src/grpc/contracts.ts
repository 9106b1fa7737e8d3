import { fileURLToPath } from 'node:url'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { ProtoGrpcType as AuthenticateContract } from '../gen/authenticate.ts'
import type { ProtoGrpcType as AuthorizeContract } from '../gen/authorize.ts'

// The same options as in scripts/generate.ts: the generated types describe what these produce.
const packages = loadPackageDefinition(
  loadSync(['postern/authorize/v1/authorize.proto', 'postern/authenticate/v1/authenticate.proto'], {
    includeDirs: [fileURLToPath(new URL('../../../proto/', import.meta.url))],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
) as unknown as {
  readonly postern: AuthorizeContract['postern'] & AuthenticateContract['postern']
}

/** The contract of authorize: the decision point. */
export const authorizeService = packages.postern.authorize.v1.Authorize.service

/** The contract of authenticate: sessions issued and refreshed. */
export const authenticateService = packages.postern.authenticate.v1.Authenticate.service
