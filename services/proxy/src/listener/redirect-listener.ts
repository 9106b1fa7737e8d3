import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from '@postern/shared/http/node-http.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import { prepareDrain } from '@postern/shared/http/drain.ts'
import { inTurn } from '@postern/shared/http/in-turn.ts'
import { listen } from '@postern/shared/http/listen.ts'
import { canonicalHost } from '../request/canonical-host.ts'
import { canonicalTarget } from '../request/canonical-target.ts'
import { closeUnusedConnections } from './unused-connections.ts'

export interface RedirectListener extends AsyncDisposable {
  readonly address: ListenAddress
}

const headersTimeoutMs = 10_000
const drainGraceMs = 2_000
/** For a client that reads nothing of what it asked for. */
const stallMs = 15_000

/** Sends everybody who comes without TLS to the same address with it; decides nothing and forwards nothing. */
export async function serveHttpsRedirect(address: ListenAddress): Promise<RedirectListener> {
  await using starting = new AsyncDisposableStack()
  const serve = inTurn(redirect)
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: headersTimeoutMs }, serve)
  server.timeout = stallMs
  starting.use(prepareDrain(server, { graceMs: drainGraceMs }))
  starting.use(closeUnusedConnections(server))
  server.on('checkContinue', serve)
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('upgrade', (_request, socket) => socket.destroy())
  server.on('connect', (_request, socket) => socket.destroy())
  const listening = await listen(server, address, '`http_redirect_addr`')
  const running = starting.move()
  return { address: listening, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function redirect(request: IncomingMessage, response: ServerResponse): void {
  const location = locationFor(request)
  if (location === undefined) response.writeHead(400, { connection: 'close', 'content-length': 0 })
  else response.writeHead(301, { location, 'content-length': 0, 'x-pomerium-intercepted-response': 'true' })
  response.end()
  request.resume()
}

/** The host keeps no port: what listens for TLS is on another one, and on the usual one to the world. */
function locationFor({ headersDistinct, url = '' }: IncomingMessage): string | undefined {
  const [sent = '', ...more] = headersDistinct['host'] ?? []
  const host = canonicalHost(sent)
  // Only to be asked again there: the listener with TLS reads the path by its own rules.
  const target = canonicalTarget(url, { escapedSlashes: 'keep', mergeSlashes: false, normalizePath: false })
  if (host === undefined || more.length > 0 || target === undefined) return undefined
  return `https://${host.name}${target.path}${target.query === '' ? '' : `?${target.query}`}`
}
