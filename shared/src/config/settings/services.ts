import type { ServiceName } from '../model.ts'
import { didYouMean } from '../read/closest.ts'
import type { Report } from '../read/report.ts'

export const serviceNames = ['proxy', 'authorize', 'authenticate'] as const satisfies readonly ServiceName[]

/** The services that this process runs, from the key `services`. */
export function readServices(listed: readonly string[], report: Report): readonly ServiceName[] {
  const names = listed.flatMap((entry) => entry.split(',')).map((name) => name.trim().toLowerCase())
  for (const name of names) {
    if (name === 'databroker' || name === 'cache') {
      report.warning(['services'], `Postern has no ${name}; sessions are kept in Redis (redis_url)`)
    } else if (name !== 'all' && !isServiceName(name)) {
      report.error(
        ['services'],
        `unknown service "${name}"${didYouMean(name, serviceNames)}; expected all, or some of ${serviceNames.join(', ')}`,
      )
    }
  }
  const chosen = serviceNames.filter((name) => names.includes('all') || names.includes(name))
  if (chosen.length === 2 && chosen.includes('authenticate')) {
    const [other, key] = chosen.includes('proxy') ? ['the proxy', 'address'] : ['authorize', 'grpc_address']
    report.error(
      ['services'],
      `authenticate and ${other} would both listen on ${key}; expected all of them together, or authenticate on its own`,
    )
  }
  return chosen.length === 0 ? serviceNames : chosen
}

export function isServiceName(name: string): name is ServiceName {
  return (serviceNames as readonly string[]).includes(name)
}
