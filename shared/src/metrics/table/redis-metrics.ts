import { counter, gauge, histogram, shortTimes } from '../definition.ts'

/** Of every process that talks to Redis: authorize and authenticate. */
export const redisMetrics = {
  postern_redis_up: gauge(
    'process',
    'Whether Redis answered last; for each service, and each of its connections: reads, writes, invalidation.',
    'service',
    'connection',
  ),
  postern_redis_circuit_open: gauge(
    'process',
    'Whether commands fail at once, because no connection stands or the last one stopped answering.',
    'service',
    'connection',
  ),
  postern_redis_command_duration_seconds: histogram(
    'process',
    shortTimes,
    'Time until Redis answered a command or failed to.',
    'service',
    'connection',
  ),
  postern_redis_errors_total: counter(
    'process',
    'Commands and connections that failed, by reason: the code of the reply (noauth, readonly, oom, …), of the system (econnrefused, …), or timeout.',
    'service',
    'connection',
    'reason',
  ),
} as const
