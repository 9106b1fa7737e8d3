import { setImmediate as nextTurn } from 'node:timers/promises'

/** Long enough to get something done, short enough that no request waits for it. */
const sliceMs = 5

/** Does work for each of many items, and lets everything else in this process go on every few milliseconds. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let since = performance.now()
  for (const item of items) {
    work(item)
    if (performance.now() - since < sliceMs) continue
    await nextTurn()
    since = performance.now()
  }
}
