import { quote } from '../read/describe-found.ts'
import { canonicalHost } from '../routes/from.ts'
import type { Assembly } from './assembly.ts'

const key = 'programmatic_redirect_domain_whitelist'

/** Hosts to which a program may have its credential sent. */
export function readProgramHosts({ values, report }: Pick<Assembly, 'values' | 'report'>): string[] {
  const hosts = values[key] ?? ['localhost']
  return hosts.map((host, index) => {
    const url = URL.parse(`https://${host}/`)
    const canonical = canonicalHost(host)
    if (url?.hostname !== canonical || canonical.includes('*')) {
      const path = hosts.length === 1 ? [key] : [key, index]
      report.error(
        path,
        `found ${quote(host)}; expected a host such as tools.example.com, without scheme, port or path`,
      )
    }
    return canonical
  })
}
