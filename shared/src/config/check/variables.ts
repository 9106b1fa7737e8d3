import { globalKeys, routeListKeys } from '../keys/global-keys.ts'
import { isGroup } from '../keys/key.ts'
import type { KeyTable } from '../keys/key.ts'
import { findLeftOut, leftOutGlobalKeys } from '../keys/left-out.ts'
import { closest } from '../read/closest.ts'
import type { Report } from '../read/report.ts'
import { variableName } from '../source/environment.ts'
import type { Environment } from '../source/environment.ts'

/** Shorter names are too often near to each other by chance. */
const shortestSuggested = 9

/**
 * An environment is full of other programs' variables, so an unknown one is no mistake. Two kinds are worth a word:
 * Pomerium's own that Postern leaves out, where that opens or closes a door, and names that are nearly ours.
 */
export function checkVariables(env: Environment, report: Report): void {
  const known = new Set([...variableNames(globalKeys), ...routeListKeys.map((key) => key.toUpperCase())])
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || value === '' || known.has(variable) || !/^[A-Z][A-Z0-9_]*$/.test(variable)) continue
    const leftOut = findLeftOut(leftOutGlobalKeys, variable.toLowerCase())
    if (leftOut?.severity === 'error') {
      if (leftOut.sameAs?.some((same) => String(same) === value.toLowerCase()) === true) continue
      report.error([`$${variable}`], `Postern leaves this Pomerium setting out: ${leftOut.reason}`)
    } else if (leftOut === undefined && variable.length >= shortestSuggested && variable.includes('_')) {
      const meant = closest(variable, known)
      if (meant !== undefined && isNear(variable, meant)) {
        report.warning([`$${variable}`], `the environment variable is not read; did you mean ${meant}?`)
      }
    }
  }
}

/** Letters apart, not words apart: `REDIS_PORT`, which Kubernetes sets, is not `REDIS_URL`. */
function isNear(variable: string, meant: string): boolean {
  return Math.abs(variable.length - meant.length) <= 1 && variable.slice(0, 4) === meant.slice(0, 4)
}

function variableNames(table: KeyTable, prefix: readonly string[] = []): string[] {
  return Object.entries(table).flatMap(([name, key]) => {
    const path = [...prefix, name]
    if (isGroup(key)) return [variableName(path), ...variableNames(key.keys, path)]
    const twin = key.secret === true ? [`${variableName(path)}_FILE`] : []
    return [variableName(path), ...twin, ...(key.environmentAliases ?? [])]
  })
}
