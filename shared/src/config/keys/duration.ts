const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** What `parseDuration` takes, for JSON Schema. */
export const durationPattern = String.raw`^(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$`

const goDuration = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|μs|ms|s|m|h)|\.\d+(?:ns|us|µs|μs|ms|s|m|h))+$/
const part = /(\d*\.?\d*)(ns|us|µs|μs|ms|s|m|h)/g

/** Milliseconds of a Go duration (`30s`, `1h30m`, `0`), or `undefined` where the text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (text.length > 64 || !goDuration.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(part)) total += Number(count) * (unitMs[unit ?? ''] ?? Number.NaN)
  return Number.isFinite(total) ? total : undefined
}
