import { createServer, type AddressInfo } from 'node:net'

/** The ports that `dev/config.yaml` names. */
export const usualPorts = { proxy: 8080, identityProvider: 8081, cloudRun: 8082, verify: 8083 }

export type Ports = typeof usualPorts

/** The usual ports, each replaced by the next free one where somebody else has it; nobody gets the usual one of another. */
export async function freeUsualPorts(): Promise<Ports> {
  const taken = new Set<number>(Object.values(usualPorts))
  const choose = async (usual: number): Promise<number> => {
    for (let port = usual; port < usual + 100; port += 1) {
      if ((port !== usual && taken.has(port)) || !(await isFree(port))) continue
      taken.add(port)
      return port
    }
    throw new Error(`no free port from ${String(usual)} to ${String(usual + 99)}`)
  }
  return {
    proxy: await choose(usualPorts.proxy),
    identityProvider: await choose(usualPorts.identityProvider),
    cloudRun: await choose(usualPorts.cloudRun),
    verify: await choose(usualPorts.verify),
  }
}

/** Any free ports. The moment between asking and using is short, but it is there. */
export async function anyPorts(): Promise<Ports> {
  const [proxy = 0, identityProvider = 0, cloudRun = 0, verify = 0] = await Promise.all(
    [0, 0, 0, 0].map(() => anyPort()),
  )
  return { proxy, identityProvider, cloudRun, verify }
}

/** The configuration with other ports in the place of the usual ones. */
export function withPorts(yaml: string, ports: Ports): string {
  const replacements = new Map(
    Object.entries(usualPorts).map(([name, usual]) => [String(usual), String(ports[name as keyof Ports])]),
  )
  return yaml.replace(/:(808[0-3])\b/g, (_, usual: string) => `:${replacements.get(usual) ?? usual}`)
}

/** On both loopback addresses: browsers look for `localhost` at `::1` too, and would show somebody else's page. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))
}

async function canListen(port: number, host: string): Promise<boolean> {
  try {
    await anyPort(port, host)
    return true
  } catch (error) {
    // A machine without IPv6 has nobody there.
    return host === '::1' && !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
  }
}

function anyPort(port = 0, host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const { port: found } = server.address() as AddressInfo
      server.close(() => {
        resolve(found)
      })
    })
  })
}
