import { globalKeys, routeListKeys } from '../keys/global-keys.ts'
import { isGroup } from '../keys/key.ts'
import type { KeyTable } from '../keys/key.ts'
import { describeLeftOut, findLeftOut } from '../keys/left-out.ts'
import type { LeftOutKey, LeftOutKeys } from '../keys/left-out.ts'
import { closest } from '../read/closest.ts'
import type { Report } from '../read/report.ts'
import { variableName } from '../source/environment.ts'
import type { Environment } from '../source/environment.ts'

/** Shorter names are too often near to each other by chance. */
const shortestSuggested = 9

/** Letters, not words: `REDIS_PORT`, which Kubernetes sets, is not `REDIS_URL`. */
const farthestSuggested = 2

/**
 * Pomerium's keys whose variables are nobody else's. `SSH_*`, `DNS_*`, `OTEL_*` and the like are set by shells, systems
 * and other programs.
 */
const nobodyElses = [
  'autocert_*',
  'circuit_breaker_thresholds',
  'codec_type',
  'cookie_domain',
  'cookie_secure',
  'databroker_*',
  'grpc_client_dns_roundrobin',
  'health_check_systemd_disabled',
  'runtime_flags',
]

/** Pomerium's image sets it, whoever uses it. */
const setByImage = 'AUTOCERT_DIR'

/** What Kubernetes sets for a service: one named `databroker` makes `DATABROKER_SERVICE_HOST` and `DATABROKER_PORT`. */
const serviceLink = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/

/**
 * An environment is full of other programs' variables, so an unknown one is no mistake. Three kinds are worth a word:
 * Pomerium's own that Postern leaves out, where that opens or closes a door; those of them that are harmless, where the
 * name can be nobody else's; and names that are nearly ours.
 */
export function checkVariables(env: Environment, leftOutKeys: LeftOutKeys, report: Report): void {
  const known = new Set([...variableNames(globalKeys), ...routeListKeys.map((key) => key.toUpperCase())])
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || value === '' || known.has(variable) || !/^[A-Z][A-Z0-9_]*$/.test(variable)) continue
    const leftOut = findLeftOut(leftOutKeys, variable.toLowerCase())
    if (leftOut !== undefined && (leftOut.severity === 'error' || isNobodyElses(variable, leftOut, leftOutKeys))) {
      if (leftOut.sameAs?.some((same) => String(same) === value.toLowerCase()) === true) continue
      report[leftOut.severity]([`$${variable}`], describeLeftOut(leftOut))
    } else if (leftOut === undefined && variable.length >= shortestSuggested && variable.includes('_')) {
      const meant = closest(variable, known, farthestSuggested)
      if (meant !== undefined) {
        report.warning([`$${variable}`], `the environment variable is not read; did you mean ${meant}?`)
      }
    }
  }
}

function isNobodyElses(variable: string, leftOut: LeftOutKey, keys: LeftOutKeys): boolean {
  return variable !== setByImage && !serviceLink.test(variable) && nobodyElses.some((name) => keys[name] === leftOut)
}

function variableNames(table: KeyTable, prefix: readonly string[] = []): string[] {
  return Object.entries(table).flatMap(([name, key]) => {
    const path = [...prefix, name]
    if (isGroup(key)) return [variableName(path), ...variableNames(key.keys, path)]
    const twin = key.secret === true ? [`${variableName(path)}_FILE`] : []
    return [variableName(path), ...twin, ...(key.environmentAliases ?? [])]
  })
}
