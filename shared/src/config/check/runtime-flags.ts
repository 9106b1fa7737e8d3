import { jsonOr } from '../keys/types.ts'
import { isMapping } from '../read/read-keys.ts'
import type { Report } from '../read/report.ts'
import type { Environment } from '../source/environment.ts'

/** The one flag of Pomerium's that closes a door when it is turned off. All others are harmless. */
export function checkRuntimeFlags(written: unknown, env: Environment, report: Report): void {
  const variable = env['RUNTIME_FLAGS']
  const isVariable = variable !== undefined && variable !== ''
  const flags = isVariable ? jsonOr(variable, (text) => text) : written
  if (!isMapping(flags) || flags['match_any_incoming_port'] !== false) return
  report.error(
    isVariable ? ['$RUNTIME_FLAGS'] : ['runtime_flags', 'match_any_incoming_port'],
    'a route without a port in from answers on every port here; write the port into from, and leave this out',
  )
}
