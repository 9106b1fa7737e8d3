import type { Logger } from '@postern/shared/log/logger.ts'
import type { ProxyMetrics } from '../metrics.ts'
import { writeAccessRecord } from './access-log.ts'
import type { Visit } from './visit.ts'

export interface VisitDeps {
  readonly log: Logger
  readonly metrics: Pick<ProxyMetrics, 'ended'>
}

/** Of each visit once, on finish or on abort: its record, and what is counted of it. */
export function endVisit({ log, metrics }: VisitDeps, visit: Visit): void {
  metrics.ended(visit)
  writeAccessRecord(log, visit)
}
