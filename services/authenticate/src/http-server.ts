import type { RequestListener, Server, ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { createServer as createHttpServer } from '@postern/shared/http/node-http.ts'
import type { AuthenticateConfig, ServerTls } from '@postern/shared/config/model.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import { ServerCertificates } from '@postern/shared/http/server-certificates.ts'
import { prepareDrain } from '@postern/shared/http/drain.ts'
import { inTurn } from '@postern/shared/http/in-turn.ts'
import { listen } from '@postern/shared/http/listen.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'

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

/** The public listener; another certificate in the configuration serves the connections after it. Disposing finishes what is in flight. */
export async function serveHttp(
  config: Live<Pick<AuthenticateConfig, 'listen' | 'tls'>>,
  handler: RequestListener,
): Promise<AsyncDisposable & { readonly address: ListenAddress; readonly draining: boolean }> {
  await using starting = new AsyncDisposableStack()
  const server = createServer(config, inTurn(handler), starting)
  server.maxHeadersCount = 100
  const drain = starting.use(prepareDrain(server, { graceMs: drainMs }))
  const address = await listen(server, config.current.listen)
  const running = starting.move()
  return {
    address,
    get draining() {
      return drain.draining
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function createServer(
  config: Live<Pick<AuthenticateConfig, 'tls'>>,
  handler: RequestListener,
  stack: AsyncDisposableStack,
): Server {
  const { tls } = config.current
  if (!tls) return createHttpServer(limits, handler)
  const certificates = new ServerCertificates(tls)
  const options = { ...limits, ...usualCertificate(tls), SNICallback: certificates.find, handshakeTimeout: 10_000 }
  const server = createHttpsServer(options, handler)
  stack.use(
    config.subscribe(({ tls: next }) => {
      if (!next) return
      certificates.replace(next)
      server.setSecureContext(usualCertificate(next))
    }),
  )
  return server
}

/** For clients that do not say which name they want. */
function usualCertificate({ certificates: [{ certificate, key }] }: ServerTls): SecureContextOptions {
  return { cert: certificate, key: key.reveal(), minVersion: 'TLSv1.2' }
}
