import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Spreads TCP connections over several ports in turn and passes over the ones that refuse: a load balancer. */
export interface TcpBalancer extends AsyncDisposable {
  readonly port: number
}

export async function startTcpBalancer(targets: readonly number[], port = 0): Promise<TcpBalancer> {
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer((client) => {
    track(client)
    turn += 1
    dial(client, targets.length)
  })

  function dial(client: Socket, attempts: number): void {
    const target = targets[(turn + attempts) % targets.length]
    if (target === undefined || attempts === 0) return void client.destroy()
    const upstream = connect(target, '127.0.0.1')
    track(upstream)
    upstream.once('connect', () => {
      client.pipe(upstream).pipe(client)
      upstream.once('close', () => client.destroy())
      client.once('close', () => upstream.destroy())
    })
    upstream.once('error', () => {
      if (upstream.connecting || upstream.pending) dial(client, attempts - 1)
      else client.destroy()
    })
  }

  function track(socket: Socket): void {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
