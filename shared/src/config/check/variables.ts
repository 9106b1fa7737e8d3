import { globalKeys, routeListKeys } from '../keys/global-keys.ts'
import { isGroup } from '../keys/key.ts'
import type { KeyTable } from '../keys/key.ts'
import { describeLeftOut, findLeftOut, leftOutGlobalKeys } from '../keys/left-out.ts'
import { closest } from '../read/closest.ts'
import type { Report } from '../read/report.ts'
import { variableName } from '../source/environment.ts'
import type { Environment } from '../source/environment.ts'

/** Shorter names are too often near to each other by chance. */
const shortestSuggested = 9

/** Letters, not words: `REDIS_PORT`, which Kubernetes sets, is not `REDIS_URL`. */
const farthestSuggested = 2

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
      report.error([`$${variable}`], describeLeftOut(leftOut))
    } else if (leftOut === undefined && variable.length >= shortestSuggested && variable.includes('_')) {
      const meant = closest(variable, known, farthestSuggested)
      if (meant !== undefined) {
        report.warning([`$${variable}`], `the environment variable is not read; did you mean ${meant}?`)
      }
    }
  }
}

function variableNames(table: KeyTable, prefix: readonly string[] = []): string[] {
  return Object.entries(table).flatMap(([name, key]) => {
    const path = [...prefix, name]
    if (isGroup(key)) return [variableName(path), ...variableNames(key.keys, path)]
    const twin = key.secret === true ? [`${variableName(path)}_FILE`] : []
    return [variableName(path), ...twin, ...(key.environmentAliases ?? [])]
  })
}
