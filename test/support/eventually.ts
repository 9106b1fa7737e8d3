import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again until the answer is yes; how long that took, in milliseconds. Fails after `withinMs`. */
export async function eventually(
  what: string,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<number> {
  const start = performance.now()
  for (;;) {
    const isTrue = await holds()
    const tookMs = performance.now() - start
    if (isTrue) return tookMs
    assert.ok(tookMs < withinMs, `within ${String(withinMs)} ms: ${what}`)
    await sleep(5)
  }
}
