import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { writeCertificates } from '@postern/dev/certificates.ts'
import { startRedis } from '../../support/redis-server.ts'
import type { Redises } from './row.ts'

export async function startRedises(folder: string): Promise<Redises & AsyncDisposable> {
  await using starting = new AsyncDisposableStack()
  const { caFile, files } = await writeCertificates(join(folder, 'redis'), {
    redis: { commonName: 'cache.test', dnsNames: ['cache.test'], ipAddresses: [] },
  })
  const plain = starting.use(await startRedis())
  const secure = starting.use(await startRedis({ tls: { ...files.redis, caFile } }))
  const { url: silentUrl } = starting.use(await startSilent())
  const opened = starting.move()
  return { plain, tlsUrl: secure.url(), caFile, silentUrl, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function startSilent(): Promise<{ readonly url: string } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `rediss://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
