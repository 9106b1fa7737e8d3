import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'
import { writeText } from './text-format.ts'

export interface Exposition {
  readonly contentType: string
  /** Everything as it is now, in Prometheus' text format. */
  render(): Promise<string>
}

/** How often the event loop is asked whether it is late, in milliseconds. */
const eventLoopResolutionMs = 20

/**
 * What Prometheus reads: what was counted, and what prom-client knows about the process and about Node. For one process
 * once. Loading prom-client costs memory, so only the listener does.
 */
export function prometheusExposition(metrics: Metrics): Exposition {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopResolutionMs })
  return {
    contentType: registry.contentType,
    render: async () => writeText(metrics.families()) + (await registry.metrics()),
  }
}
