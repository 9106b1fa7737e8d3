import { createServer, type ServerHttp2Session } from 'node:http2'
import { rm } from 'node:fs/promises'

/** A gRPC server that takes calls and says nothing, on a socket. */
export interface SilentServer extends AsyncDisposable {
  /** The methods that were called. */
  readonly called: readonly string[]
}

export async function startSilentServer(path: string): Promise<SilentServer> {
  const called: string[] = []
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    called.push((headers[':path'] ?? '').replace(/^.*\//, ''))
    stream.on('error', () => undefined)
  })
  await rm(path, { force: true })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    called,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
