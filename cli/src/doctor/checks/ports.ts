import { once } from 'node:events'
import { createServer } from 'node:net'
import { describeListenAddress, type ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { Check } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { codeOf } from '../probe/connect.ts'
import { ask } from '../probe/http.ts'

const pingWithinMs = 500

/** Whether a service that starts here could listen. The port is taken for a moment, and given back. */
export function portCheck(key: string, address: ListenAddress & { readonly kind: 'tcp' }): Check {
  const place = describeListenAddress(address)
  return {
    group: 'ports',
    about: `${key} ${place}`,
    run: async ({ clock, lookup, signal }): Promise<readonly Told[]> => {
      const code = await tryToListen(address)
      if (code === undefined) return [ok('is free')]
      if (code === 'EADDRINUSE') {
        const host = /^(?:0\.0\.0\.0|::)$/.test(address.host) ? '127.0.0.1' : address.host
        const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${String(address.port)}/ping`)
        const soon = AbortSignal.any([signal, AbortSignal.timeout(pingWithinMs)])
        const answer = await ask({ url }, { lookup, signal: soon, now: () => clock.now().getTime() })
        const isPostern = answer.kind === 'answered' && answer.status === 200 && answer.body.trim() === 'OK'
        if (isPostern) return [ok('is taken, by a Postern that runs already')]
        return [
          warning('is taken on this machine', `See by whom (ss -ltnp), if Postern is to run here; or change ${key}.`),
        ]
      }
      if (code === 'EACCES')
        return [warning('is not for this user', `Take a port above 1023 in ${key}, or let the user bind it.`)]
      if (code === 'EADDRNOTAVAIL')
        return [
          problem('is not an address of this machine', `Write :${String(address.port)} in ${key} for all addresses.`),
        ]
      return [problem(`cannot be listened at: ${code}`, `Change ${key}.`)]
    },
  }
}

/** Nothing, or the code of why not. */
async function tryToListen({ host, port }: ListenAddress & { readonly kind: 'tcp' }): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return codeOf(error)
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}
