import { statSync } from 'node:fs'
import type { ConfigInput, LoadResult } from '../load-config.ts'
import type { Environment } from '../source/environment.ts'
import type { ConfigReading, ReadingFacts } from './config-reading.ts'
import { Contents } from './contents.ts'
import { readConfig } from './read-config.ts'
import type { ReadingOptions } from './read-config.ts'
import { readInThread } from './read-in-thread.ts'

export interface ConfigSourceOptions extends Pick<ConfigInput, 'checkPolicy' | 'onlyAccess' | 'services'> {
  /** `undefined`: everything is in the environment. */
  readonly path: string | undefined
  readonly env: Environment
  /**
   * The module of the thread that reads a large configuration, which calls `runReadingThread` with the same `checkPolicy`.
   * Left out: where there is a `checkPolicy`, no thread.
   */
  readonly readingWorker?: URL | undefined
  /** Contents by absolute path, in place of what the disk has. */
  readonly files?: ReadonlyMap<string, string>
  /** The files that keys name are somewhere else: they are not read, and nothing is said about what they hold. */
  readonly filesAreElsewhere?: boolean
}

/** What takes so long to read that requests would feel it: some two hundred routes. */
const largeBytes = 64 * 1024

const withoutPolicies = new URL('reading-worker.ts', import.meta.url)

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
  read(): LoadResult & ReadingFacts {
    return readConfig(this.#reading(this.#options.services), this.#options.checkPolicy)
  }

  /**
   * The same while requests are served: a large configuration is read in a thread of its own.
   * @throws Error when that thread fails
   */
  async readApart(services: ConfigInput['services'] = this.#options.services): Promise<ConfigReading> {
    const { checkPolicy, readingWorker } = this.#options
    const reading = this.#reading(services)
    const module = readingWorker ?? (checkPolicy === undefined ? withoutPolicies : undefined)
    if (module === undefined || this.#size() < largeBytes) return readConfig(reading, checkPolicy)
    return readInThread(module, reading)
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

  #reading(services: ConfigInput['services']): ReadingOptions {
    const { path, filesAreElsewhere = false, onlyAccess = false } = this.#options
    // Plain data: the environment of a process is an object of its own kind, which no other thread can have.
    const env = { ...this.#env }
    return { path, env, files: this.#files, filesAreElsewhere, onlyAccess, services, generated: this.#generated }
  }

  #size(): number {
    const { path } = this.#options
    const inVariables = (this.#env['POLICY']?.length ?? 0) + (this.#env['ROUTES']?.length ?? 0)
    return inVariables + (path === undefined ? 0 : sizeOf(path, this.#files))
  }
}

function sizeOf(path: string, inPlace: ReadonlyMap<string, string>): number {
  const text = inPlace.get(path)
  return text?.length ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
