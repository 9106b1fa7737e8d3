import { systemClock } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import { Replaceable } from '../../lifecycle/live.ts'
import type { Live } from '../../lifecycle/live.ts'
import type { Logger } from '../../log/logger.ts'
import { describeIssue } from '../config-issue.ts'
import type { ConfigIssue } from '../config-issue.ts'
import type { LoadedConfig } from '../load-config.ts'
import type { ConfigReading, ReadingFacts } from './config-reading.ts'
import type { ConfigSource } from './config-source.ts'
import { FileWatch } from './file-watch.ts'
import { keepSettled } from './settled-at-start.ts'

/** How the reloads went; a metric reads it. */
export interface ReloadState {
  /** Whether the files as they are now are in force. */
  readonly lastReloadSuccessful: boolean
  /** When what is in force was taken over. */
  readonly lastSuccessAt: Date
  /** Since the start. */
  readonly successes: number
  readonly failures: number
  readonly revision: string
}

export interface LiveConfigDeps {
  readonly log: Logger
  readonly clock?: Clock
  /** Quiet time after the last event before the files are read; a writer may be in the middle. */
  readonly quietMs?: number
  /** How often the contents are looked at without any event. */
  readonly lookMs?: number
}

const usualQuietMs = 150
const usualLookMs = 15_000
/** However much goes on in the files, they are read after so many quiet times. */
const mostQuietTimes = 10
const mostListed = 50

/**
 * The configuration in force. When a file changes, all of the new configuration replaces it, or, when anything in it is
 * wrong, none of it: the mistakes are logged, and the last good one stays.
 */
export class LiveConfig implements Live<LoadedConfig>, Disposable {
  readonly #source: ConfigSource
  readonly #log: Logger
  readonly #clock: Clock
  readonly #inForce: Replaceable<LoadedConfig>
  readonly #quietMs: number
  readonly #watch: FileWatch
  readonly #look: NodeJS.Timeout
  #seen: Pick<ReadingFacts, 'files' | 'fingerprint'>
  #isEmpty: boolean
  #said: ReadonlySet<string>
  #state: ReloadState
  #turn = Promise.resolve()
  #isDisposed = false
  #pending: { readonly timer: NodeJS.Timeout; readonly since: number } | undefined

  constructor(source: ConfigSource, first: ConfigReading & { readonly kind: 'ok' }, deps: LiveConfigDeps) {
    const { log, clock = systemClock, quietMs = usualQuietMs, lookMs = usualLookMs } = deps
    this.#source = source
    this.#log = log
    this.#clock = clock
    this.#quietMs = quietMs
    this.#inForce = new Replaceable(first.config)
    this.#seen = first
    this.#isEmpty = first.isEmpty
    this.#said = new Set(first.warnings.map(describeIssue))
    this.#state = {
      lastReloadSuccessful: true,
      lastSuccessAt: clock.now(),
      successes: 0,
      failures: 0,
      revision: first.config.revision,
    }
    this.#watch = new FileWatch(() => this.#soon())
    this.#watch.follow(first.files)
    this.#look = setInterval(() => this.#readIfChanged(), lookMs).unref()
    this.#soon() // something may have changed between the first reading and now
  }

  get current(): LoadedConfig {
    return this.#inForce.current
  }

  subscribe(listener: (config: LoadedConfig) => void, prepare?: (config: LoadedConfig) => Promise<void>): Disposable {
    return this.#inForce.subscribe(listener, prepare)
  }

  get state(): ReloadState {
    return this.#state
  }

  /** Reads everything now, changed or not. Whether what is there is in force afterwards. */
  async reload(): Promise<boolean> {
    await this.#inTurn(() => this.#read())
    return this.#state.lastReloadSuccessful
  }

  /** There is no new configuration, because of these. */
  refuse(issues: readonly ConfigIssue[]): void {
    this.#refuse({ mistakes: listed(issues) })
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#watch[Symbol.dispose]()
    clearInterval(this.#look)
    clearTimeout(this.#pending?.timer)
    this.#pending = undefined
  }

  #soon(): void {
    const now = performance.now()
    const since = this.#pending?.since ?? now
    clearTimeout(this.#pending?.timer)
    const waitMs = Math.max(0, Math.min(this.#quietMs, since + mostQuietTimes * this.#quietMs - now))
    const timer = setTimeout(() => this.#readIfChanged(), waitMs).unref()
    this.#pending = { timer, since }
  }

  #readIfChanged(): void {
    this.#pending = undefined
    void this.#inTurn(async () => {
      const { files, fingerprint } = this.#seen
      if (this.#source.fingerprintOf(files) === fingerprint) this.#watch.follow(files)
      else await this.#read()
    })
  }

  /** One after the other: what was read first is taken first. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (!this.#isDisposed) await work()
    })
    return this.#turn
  }

  async #read(): Promise<void> {
    try {
      await this.#take(await this.#source.readApart())
    } catch (error) {
      this.#refuse({ error })
    }
  }

  async #take(reading: ConfigReading): Promise<void> {
    if (this.#isDisposed) return
    const { files, fingerprint } = reading
    this.#seen = { files, fingerprint }
    this.#watch.follow(files)
    if (reading.kind === 'invalid') {
      this.refuse(reading.issues)
      return
    }
    // A file that somebody is about to write is empty first, and with enough in the environment that may even be right.
    if (reading.isEmpty && !this.#isEmpty) {
      this.#refuse({ mistakes: ['the configuration file is empty'] })
      return
    }
    const waiting = await this.#replace(reading)
    this.#state = {
      ...this.#state,
      lastReloadSuccessful: true,
      lastSuccessAt: this.#clock.now(),
      successes: this.#state.successes + 1,
      revision: reading.config.revision,
    }
    this.#isEmpty = reading.isEmpty
    this.#log.info({ revision: reading.config.revision }, 'configuration reloaded')
    this.#warn(reading.warnings, waiting)
  }

  async #replace(reading: ConfigReading & { readonly kind: 'ok' }): Promise<readonly string[]> {
    const last = this.current
    const sameServices = reading.config.services.join() === last.services.join()
    const again = sameServices ? reading : await this.#source.readApart(last.services)
    if (again.kind === 'invalid') throw new TypeError('the services to run cannot change without a restart')
    const { config, waiting } = keepSettled(last, again.config)
    await this.#inForce.prepare(config)
    this.#inForce.replace(config)
    return sameServices ? waiting : ['services', ...waiting]
  }

  #refuse(why: Readonly<Record<string, unknown>>): void {
    this.#state = { ...this.#state, lastReloadSuccessful: false, failures: this.#state.failures + 1 }
    this.#log.error(
      { ...why, revisionInForce: this.#state.revision },
      'configuration not taken over; the last good one stays in force',
    )
  }

  #warn(warnings: readonly ConfigIssue[], waiting: readonly string[]): void {
    if (waiting.length > 0) this.#log.warn({ keys: waiting }, 'settings that wait for a restart have changed')
    const said = new Set(warnings.map(describeIssue))
    for (const warning of said) {
      if (!this.#said.has(warning)) this.#log.warn({ warning }, 'configuration warning')
    }
    this.#said = said
  }
}

function listed(issues: readonly ConfigIssue[]): string[] {
  const rest = issues.length - mostListed
  return [...issues.slice(0, mostListed).map(describeIssue), ...(rest > 0 ? [`and ${String(rest)} more`] : [])]
}
