import type { ConfigIssue } from '../config/config-issue.ts'
import type { Environment } from '../config/source/environment.ts'
import { hasReferences, resolveReferences } from './resolve-references.ts'
import type { ResolvedReferences } from './resolve-references.ts'
import { isReference } from './secret-reference.ts'

export type OpenEnvironment = (env: Environment) => Promise<ResolvedReferences>

/** Resolves secret references over the network; without any, nothing is asked and Google's library is not even loaded. */
export const openEnvironment: OpenEnvironment = async (env) => {
  if (!hasReferences(env)) return { env, files: new Map(), issues: [] }
  const { secretManager } = await import('./secret-access.ts')
  return resolveReferences(env, secretManager())
}

/** One mistake for each variable that only the network could resolve. */
export function unresolvedIn(env: Environment, message: string): ConfigIssue[] {
  return Object.entries(env).flatMap(([name, value]): ConfigIssue[] => {
    const isOne = value !== undefined && (name === 'VALS_FILES' ? value !== '' : isReference(value))
    if (!isOne) return []
    return [{ severity: 'error', path: [`$${name}`], message, file: `$${name}`, line: 0, column: 0 }]
  })
}
