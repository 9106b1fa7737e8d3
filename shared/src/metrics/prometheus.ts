import { collectDefaultMetrics, Registry, type Gauge } from 'prom-client'
import type { Family, Metrics } from './metrics.ts'

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
    render: () => {
      for (const family of metrics.families()) {
        if (!registry.getSingleMetric(family.name)) registry.registerMetric(asPromMetric(family))
      }
      return registry.metrics()
    },
  }
}

/** The registry writes whatever says what it holds; its types name only the classes of prom-client, whose counting is ten times as slow as ours. */
function asPromMetric(family: Family): Gauge {
  const { name, help, type } = family
  const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: family.samples() })
  return { name, help, type, get } as unknown as Gauge
}
