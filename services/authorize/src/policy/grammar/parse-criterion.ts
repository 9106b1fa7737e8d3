import { criterionKinds, notSupported } from '../criteria/registry.ts'
import type { Criterion, Path } from '../policy.ts'
import { describe, isMapping } from './describe.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Entry } from './entry.ts'

/** What every part of one document shares. */
export interface Reading {
  readonly groupsClaim: string
  /** Adds an issue. Answers `undefined`, so that a parser can return it. */
  problem(path: Path, message: string): undefined
}

const names = [...criterionKinds.keys()]

const takingTrue: ReadonlySet<string> = new Set([
  'accept',
  'reject',
  'authenticated_user',
  'cors_preflight',
  'invalid_client_certificate',
])

/** Reads one member of an operator's list: an object with exactly one key. */
export function parseCriterion(item: unknown, path: Path, reading: Reading): Criterion | undefined {
  if (!isMapping(item)) {
    const hint = typeof item === 'string' && takingTrue.has(item) ? `; write "${item}: true"` : ''
    return reading.problem(
      path,
      `expected one criterion, such as "domain: example.com", but found ${describe(item)}${hint}`,
    )
  }
  const [key, ...others] = Object.keys(item)
  if (key === undefined) return reading.problem(path, 'expected one criterion, but found an empty object')
  if (others.length > 0) {
    const value = item[key]
    if (value === null && !others.some((other) => criterionKinds.has(other))) {
      return reading.problem(
        path,
        `"${key}" has no value, and "${others.join('", "')}" stands beside it; indent it more than "${key}"`,
      )
    }
    const found = [key, ...others].map((name) => `"${name}"`).join(' and ')
    return reading.problem(path, `expected exactly one criterion, but found ${found}; put a dash before each`)
  }
  return parseEntry(key, item[key], [...path, key], reading)
}

/** Reads one `name: operand` or `name/sub/path: operand`. */
export function parseEntry(key: string, operand: unknown, path: Path, reading: Reading): Criterion | undefined {
  const slash = key.indexOf('/')
  const name = slash < 0 ? key : key.slice(0, slash)
  const subPath = slash < 0 ? undefined : key.slice(slash + 1)
  const unsupported = notSupported.get(name)
  if (unsupported !== undefined) {
    return reading.problem(path, `the criterion "${name}" is not supported: ${unsupported}`)
  }
  const kind = criterionKinds.get(name)
  if (kind === undefined) return reading.problem(path, `unknown criterion "${name}"${didYouMean(name, names)}`)
  if (kind.takesSubPath && (subPath ?? '') === '') {
    return reading.problem(path, `"${name}" needs a name after a slash, such as "${name}/hd"`)
  }
  if (!kind.takesSubPath && subPath !== undefined) {
    return reading.problem(path, `"${name}" takes nothing after a slash; write "${name}"`)
  }
  const entry: Entry = {
    key,
    subPath,
    operand,
    path,
    groupsClaim: reading.groupsClaim,
    problem: (message, at = []) => reading.problem([...path, ...at], message),
  }
  return kind.parse(entry)
}
