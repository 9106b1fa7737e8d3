import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import { prepareDrain } from '@postern/shared/http/drain.ts'
import { listen } from '@postern/shared/http/listen.ts'

/** Cloud Run gives ten seconds in all. */
const drainMs = 8_000

const limits: ServerOptions = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  // Longer than the 600 s of Google's front end, which must be the one to close.
  keepAliveTimeout: 620_000,
  maxHeaderSize: 32_768,
}

/** The public listener. Disposing of it finishes what is in flight. */
export async function serveHttp(
  config: Pick<AuthenticateConfig, 'listen' | 'tls'>,
  handler: RequestListener,
): Promise<AsyncDisposable & { readonly address: ListenAddress; readonly draining: boolean }> {
  const server = await createServer(config.tls, handler)
  server.maxHeadersCount = 100
  const drain = prepareDrain(server, { graceMs: drainMs })
  const address = await listen(server, config.listen)
  return {
    address,
    get draining() {
      return drain.draining
    },
    [Symbol.asyncDispose]: () => drain[Symbol.asyncDispose](),
  }
}

async function createServer(tls: AuthenticateConfig['tls'], handler: RequestListener): Promise<Server> {
  if (!tls) return createHttpServer(limits, handler)
  const [cert, key] = await Promise.all([readFile(tls.certificateFile), readFile(tls.keyFile)])
  return createHttpsServer({ ...limits, cert, key, minVersion: 'TLSv1.2' }, handler)
}
