import { hash } from 'node:crypto'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { openConfig, readTextFile } from '../config-files.ts'
import type { ConfigIssue } from '../config-issue.ts'
import { loadConfig } from '../load-config.ts'
import type { ConfigInput, LoadedConfig } from '../load-config.ts'
import { FileNotLookedAt } from '../settings/assembly.ts'
import type { Environment } from '../source/environment.ts'

export interface ConfigSourceOptions extends Pick<ConfigInput, 'checkPolicy' | 'services'> {
  /** `undefined`: everything is in the environment. */
  readonly path: string | undefined
  readonly env: Environment
  /** Contents by absolute path, in place of what the disk has. */
  readonly files?: ReadonlyMap<string, string>
  /** The files that keys name are somewhere else: they are not read, and nothing is said about what they hold. */
  readonly filesAreElsewhere?: boolean
}

/** One reading of the file and of every file that it names. */
export type ConfigReading = (
  | { readonly kind: 'ok'; readonly config: LoadedConfig }
  | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[] }
) & {
  readonly warnings: readonly ConfigIssue[]
  /** Everything that was read, or could not be. */
  readonly files: readonly string[]
  /** Changes exactly when the content of any of the files does. */
  readonly fingerprint: string
  /** There is a file, and nothing in it. */
  readonly isEmpty: boolean
}

/** Where the configuration comes from, for reading it again and again. Random secrets stay the same. */
export class ConfigSource {
  readonly #options: ConfigSourceOptions
  readonly #generated = new Map<string, string>()
  #env: Environment
  #files: ReadonlyMap<string, string>

  constructor(options: ConfigSourceOptions) {
    this.#options = options
    this.#env = options.env
    this.#files = options.files ?? new Map<string, string>()
  }

  /** Another environment, from the next reading on: secret references may lead to other values now. */
  replaceEnvironment(env: Environment, files: ReadonlyMap<string, string>): void {
    this.#env = env
    this.#files = files
  }

  /** Reads and checks everything. Never throws for what is in the files. */
  read(services: ConfigInput['services'] = this.#options.services): ConfigReading {
    const { path, checkPolicy, filesAreElsewhere = false } = this.#options
    const seen = new Contents(this.#files)
    const opened = openConfig(path, {
      env: this.#env,
      generated: this.#generated,
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

  /** The fingerprint that a reading of these files would have now. */
  fingerprintOf(files: readonly string[]): string {
    const seen = new Contents(this.#files)
    for (const file of files) {
      try {
        seen.read(file)
      } catch {
        // that it cannot be read is part of the fingerprint
      }
    }
    return seen.fingerprint
  }
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

const digestOfNothing = hash('sha256', '')

/** What a reading saw of each file: each is read once. */
class Contents {
  readonly #inPlace: ReadonlyMap<string, string>
  readonly #seen = new Map<string, { readonly digest: string; readonly text: () => string }>()

  constructor(inPlace: ReadonlyMap<string, string>) {
    this.#inPlace = inPlace
  }

  read(file: string): string {
    const known = this.#seen.get(file) ?? look(file, this.#inPlace)
    this.#seen.set(file, known)
    return known.text()
  }

  isEmpty(file: string): boolean {
    return this.#seen.get(file)?.digest === digestOfNothing
  }

  get files(): readonly string[] {
    return [...this.#seen.keys()]
  }

  get fingerprint(): string {
    return hash('sha256', JSON.stringify([...this.#seen].map(([file, { digest }]) => [file, digest]).toSorted()))
  }
}

function look(file: string, inPlace: ReadonlyMap<string, string>): { digest: string; text: () => string } {
  try {
    const text = inPlace.get(resolve(file)) ?? readTextFile(file)
    return { digest: hash('sha256', text), text: () => text }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return {
      digest: code,
      text: () => {
        throw error
      },
    }
  }
}
