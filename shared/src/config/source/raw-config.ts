import { environmentPlace } from '../config-issue.ts'
import type { ConfigIssue, ConfigPath, ConfigPlace } from '../config-issue.ts'
import { globalKeys, routeListKeys } from '../keys/global-keys.ts'
import { isMapping } from '../read/read-keys.ts'
import type { EntryPart } from '../read/report.ts'
import { parseConfigDocument } from './config-document.ts'
import type { ConfigDocument } from './config-document.ts'
import { readEnvironment } from './environment.ts'
import type { Environment, EnvironmentEntry } from './environment.ts'
import { parseRouteListVariable } from './route-list-variable.ts'

/** File and environment as one mapping that knows where each part came from. */
export interface RawConfig {
  readonly data: Readonly<Record<string, unknown>>
  /** Mistakes that already show: syntax, wrong shape. */
  readonly issues: readonly ConfigIssue[]
  locate(path: ConfigPath, part?: EntryPart): ConfigPlace
}

/** Reads the file, then lays the environment over it. */
export function readRawConfig(file: { path: string; text: string } | undefined, env: Environment): RawConfig {
  const issues: ConfigIssue[] = []
  const document = file === undefined ? undefined : readFile(file, issues)
  const data: Record<string, unknown> = isMapping(document?.data) ? { ...document.data } : {}
  const places = new Map<string, (path: ConfigPath, part?: EntryPart) => ConfigPlace>()
  for (const entry of readEnvironment(globalKeys, env)) {
    lay(data, entry)
    const place = { file: `$${entry.variable}`, line: 0, column: 0 }
    places.set(entry.path.join('.'), () => place)
  }
  for (const key of routeListKeys) {
    const list = readRouteList(key, env, issues)
    if (list === undefined) continue
    data[key] = list.data
    places.set(key, (path, part) => list.locate(path.slice(1), part))
  }
  const fallback: ConfigPlace = {
    file: file?.path ?? environmentPlace,
    line: file === undefined ? 0 : 1,
    column: file === undefined ? 0 : 1,
  }
  return {
    data,
    issues,
    locate: (path, part) => {
      const [first] = path
      if (typeof first === 'string' && first.startsWith('$')) return { file: first, line: 0, column: 0 }
      for (let depth = path.length; depth > 0; depth--) {
        const place = places.get(path.slice(0, depth).join('.'))
        if (place !== undefined) return place(path, part)
      }
      return document?.locate(path, part) ?? fallback
    },
  }
}

function readFile(file: { path: string; text: string }, issues: ConfigIssue[]): ConfigDocument | undefined {
  const parsed = parseConfigDocument(file.path, file.text)
  if (parsed.kind === 'invalid') {
    issues.push(...parsed.issues)
    return undefined
  }
  const { data } = parsed.document
  if (data !== undefined && data !== null && !isMapping(data)) {
    const message = Array.isArray(data)
      ? 'expected a mapping at the top of the file; a list of routes belongs under "routes:"'
      : 'expected a mapping at the top of the file, such as "address: :443" (a colon and a space, not "=")'
    issues.push({ severity: 'error', path: [], message, ...parsed.document.locate([]) })
  }
  return parsed.document
}

/** A secret and its `_file` twin are one setting: what the environment says replaces either form in the file. */
function lay(data: Record<string, unknown>, { path, value }: EnvironmentEntry): void {
  let target = data
  for (const step of path.slice(0, -1)) {
    const inner = target[step]
    target = target[step] = isMapping(inner) ? { ...inner } : {}
  }
  const name = String(path.at(-1))
  target[name] = value
}

function readRouteList(key: string, env: Environment, issues: ConfigIssue[]): ConfigDocument | undefined {
  const variable = key.toUpperCase()
  const text = env[variable]
  if (text === undefined || text.trim() === '') return undefined
  const parsed = parseRouteListVariable(variable, text)
  if (parsed.kind === 'ok') return parsed.document
  issues.push(...parsed.issues)
  return undefined
}
