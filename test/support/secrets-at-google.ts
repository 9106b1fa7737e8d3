import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '@postern/shared/http/listen.ts'

/** A stand-in for Google's Secret Manager: its `access` over REST, with its ways to fail. */
export interface SecretManagerStandIn extends AsyncDisposable {
  /** By `projects/P/secrets/S/versions/V`: content, or the status to fail with. */
  readonly versions: Map<string, string | number>
  /** The `Authorization` of each request. */
  readonly authorizations: (string | undefined)[]
  /** Sends what is for Google's host here, and nothing anywhere else. */
  readonly send: typeof fetch
}

export async function startSecretManager(): Promise<SecretManagerStandIn> {
  const versions = new Map<string, string | number>()
  const authorizations: (string | undefined)[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    authorizations.push(request.headers.authorization)
    const name = /^\/v1\/(.*):access$/.exec(request.url ?? '')?.[1] ?? ''
    const content = versions.get(name) ?? 404
    response.setHeader('content-type', 'application/json')
    if (typeof content === 'number') {
      // Google quotes the resource; a real answer might quote more, and nothing of it may be repeated.
      const error = { code: content, message: `quoted-by-google about ${name}`, status: 'FAILED' }
      response.writeHead(content).end(JSON.stringify({ error }))
      return
    }
    response.end(JSON.stringify({ name, payload: { data: Buffer.from(content).toString('base64') } }))
  })
  const address = await listen(server, { kind: 'tcp', host: '127.0.0.1', port: 0 })
  if (address.kind !== 'tcp') throw new Error('it listens on TCP')
  return {
    versions,
    authorizations,
    send: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (url.host !== 'secretmanager.googleapis.com') throw new TypeError(`nothing is sent to ${url.host}`)
      return fetch(`http://127.0.0.1:${String(address.port)}${url.pathname}`, init)
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
