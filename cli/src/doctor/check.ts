import type { Clock } from '@postern/shared/clock.ts'
import type { ClockSamples } from './clock-samples.ts'
import type { GroupName, Told } from './finding.ts'
import type { Lookup } from './probe/lookup.ts'

/** What every check is given. */
export interface CheckContext {
  /** Aborted when the time of this check is over. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** What other machines say the time is; filled in on the way. */
  readonly clocks: ClockSamples
  readonly lookup: Lookup
}

/** One question to the environment. Reads, and changes nothing. */
export interface Check {
  readonly group: GroupName
  readonly about: string
  run(context: CheckContext): Promise<readonly Told[]>
}
