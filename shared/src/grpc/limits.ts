/** The largest message either side takes. A full batch of checks with large headers stays below it. */
export const maxMessageBytes = 4 * 1024 * 1024

/** How long an idle connection may be dead before either side notices: time to the ping, time for its answer. */
export const keepalive = { timeMs: 10_000, timeoutMs: 5_000 } as const

/** The longest a handler may work on one call, whatever deadline the caller named or forgot. */
export const maxCallMs = 30_000
