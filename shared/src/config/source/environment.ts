import type { ConfigPath } from '../config-issue.ts'
import { isGroup } from '../keys/key.ts'
import type { Key, KeyTable } from '../keys/key.ts'
import { jsonOr } from '../keys/types.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One setting that an environment variable makes. */
export interface EnvironmentEntry {
  readonly variable: string
  readonly path: ConfigPath
  /** As a file would hold it. */
  readonly value: unknown
}

/** Every setting that the environment makes: each key in upper case, the keys of groups joined with `_`. */
export function readEnvironment(table: KeyTable, env: Environment, prefix: ConfigPath = []): EnvironmentEntry[] {
  const entries: EnvironmentEntry[] = []
  for (const [name, key] of Object.entries(table)) {
    const path = [...prefix, name]
    if (isGroup(key)) {
      const variable = variableName(path)
      const whole = env[variable]
      if (whole !== undefined && whole !== '') entries.push({ variable, path, value: jsonOr(whole, (same) => same) })
      entries.push(...readEnvironment(key.keys, env, path))
    } else {
      entries.push(...readKey(key, env, path))
    }
  }
  return entries
}

export function variableName(path: ConfigPath): string {
  return path.join('_').toUpperCase()
}

function readKey(key: Key<unknown>, env: Environment, path: ConfigPath): EnvironmentEntry[] {
  const entries: EnvironmentEntry[] = []
  for (const variable of [variableName(path), ...(key.environmentAliases ?? [])]) {
    const text = env[variable]
    if (isSet(text, key)) entries.push({ variable, path, value: key.type.fromEnvironment(text) })
  }
  if (key.secret !== true) return entries
  const twin = [...path.slice(0, -1), `${String(path.at(-1))}_file`]
  const file = env[variableName(twin)]
  if (isSet(file, key)) entries.push({ variable: variableName(twin), path: twin, value: file })
  return entries
}

/** An empty variable counts as not set (compose files make such), but an empty secret is a mistake worth an error. */
function isSet(text: string | undefined, key: Key<unknown>): text is string {
  return text !== undefined && (text !== '' || key.secret === true)
}
