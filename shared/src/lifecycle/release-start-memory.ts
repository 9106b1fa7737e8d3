const lookEveryMs = 1_000
const idleBelow = 0.1

/**
 * Gives back, once, what the start left behind (sources as they were parsed, the configuration's tree): a fifth of the
 * memory of a service at rest, which the collector would keep until traffic comes. Stops the process for some 50 ms, so
 * it waits for a second with hardly anything to do. Nothing happens where Node runs without `--expose-gc`.
 */
export function releaseStartMemory(collect = globalThis.gc): Disposable {
  if (collect === undefined) return { [Symbol.dispose]: () => undefined }
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization >= idleBelow) return
    clearInterval(timer)
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }, lookEveryMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
