// The keys of Google's identity tokens, with a metadata server that gives some.
import { after, before } from 'node:test'
import { startMetadataServer, type MetadataServer } from '@postern/dev/metadata-server.ts'
import { startConnectProxy } from './rows/serverless.ts'
import { runGlobalTheme } from './run-globals.ts'
import { benchForFile, runRouteTheme } from './run-routes.ts'
import { googleThemes } from './tables.ts'

let metadata: MetadataServer
let farAway: AsyncDisposable
before(async () => {
  farAway = await startConnectProxy()
  metadata = await startMetadataServer()
  process.env['GCE_METADATA_HOST'] = metadata.host
})
after(async () => {
  delete process.env['GCE_METADATA_HOST']
  await farAway[Symbol.asyncDispose]()
  await metadata[Symbol.asyncDispose]()
})

const bench = benchForFile()

runRouteTheme(googleThemes.routes, bench)
runGlobalTheme(googleThemes.globals, bench)
