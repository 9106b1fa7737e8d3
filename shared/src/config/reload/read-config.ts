import { statSync } from 'node:fs'
import { openConfig } from '../config-files.ts'
import type { ConfigIssue } from '../config-issue.ts'
import { loadConfig } from '../load-config.ts'
import type { ConfigInput, LoadResult } from '../load-config.ts'
import { FileNotLookedAt } from '../settings/assembly.ts'
import type { Environment } from '../source/environment.ts'
import type { ReadingFacts } from './config-reading.ts'
import { Contents } from './contents.ts'

/** What to read, as plain data. */
export interface ReadingOptions {
  /** `undefined`: everything is in the environment. */
  readonly path: string | undefined
  readonly env: Environment
  /** Contents by absolute path, in place of what the disk has. */
  readonly files: ReadonlyMap<string, string>
  /** The files that keys name are somewhere else: they are not read, and nothing is said about what they hold. */
  readonly filesAreElsewhere: boolean
  readonly onlyAccess?: ConfigInput['onlyAccess']
  /** Left out: what the key `services` says. */
  readonly services: ConfigInput['services']
  /** Random secrets: filled in, and used again. */
  readonly generated: Map<string, string>
}

/** Reads and checks everything. Never throws for what is in the files. */
export function readConfig(
  { path, env, files: inPlace, filesAreElsewhere, onlyAccess = false, services, generated }: ReadingOptions,
  checkPolicy: ConfigInput['checkPolicy'],
): LoadResult & ReadingFacts {
  const seen = new Contents(inPlace)
  const opened = openConfig(path, {
    env,
    onlyAccess,
    generated,
    readFile: (file) => {
      if (filesAreElsewhere && file !== path) throw new FileNotLookedAt()
      return seen.read(file)
    },
    isReadableByAll,
    ...(services === undefined ? {} : { services }),
    ...(checkPolicy === undefined ? {} : { checkPolicy }),
  })
  const result = opened.kind === 'unreadable' ? unreadable(path ?? '', opened.message) : loadConfig(opened.input)
  const { files, fingerprint } = seen
  return { ...result, files, fingerprint, isEmpty: path !== undefined && seen.isEmpty(path) }
}

function isReadableByAll(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0
  } catch {
    return false // that it is not there is said by whoever reads it
  }
}

function unreadable(file: string, message: string) {
  const issue: ConfigIssue = { severity: 'error', path: [], message, file, line: 0, column: 0 }
  return { kind: 'invalid', issues: [issue], warnings: [] } as const
}
