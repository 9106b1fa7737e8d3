import type { ClockSample } from '../clock-samples.ts'
import { ok, problem, warning, type Told } from '../finding.ts'

/** From here on somebody should look; tokens are still accepted. */
const noticeableMs = 5_000
/** Google's tokens and those of identity providers are refused beyond this. */
const harmfulMs = 30_000

/** One finding for each clock that was seen. Small differences are within what the samples can tell. */
export function clockFindings(samples: readonly ClockSample[]): readonly Told[] {
  if (samples.length === 0) return []
  return samples.map((sample) => ({ about: sample.source, ...verdict(sample) }))
}

function verdict({ aheadMs, withinMs }: ClockSample): Told {
  const offMs = Math.max(0, Math.abs(aheadMs) - withinMs)
  const says = `our clock is ${amount(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`
  const advice = 'Set this machine’s clock by NTP (timedatectl set-ntp true); in a container it is the host’s.'
  if (offMs >= harmfulMs) return problem(`${says}: tokens are refused, or used after their end`, advice)
  if (offMs >= noticeableMs) return warning(says, advice)
  return ok('agrees with our clock')
}

function amount(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} min`
}
