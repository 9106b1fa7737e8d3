import { counter, gauge, histogram, shortTimes } from '../definition.ts'

/** Of the decision point. */
export const authorizeMetrics = {
  postern_authorize_decisions_total: counter(
    'authorize',
    'Checks, by outcome: allow, deny, sign-in, bearer-refused, error.',
    'outcome',
  ),
  postern_authorize_check_duration_seconds: histogram(
    'authorize',
    shortTimes,
    'Time for one check, from question to answer.',
  ),
  postern_authorize_check_failures_total: counter('authorize', 'Checks that could not be decided, by code.', 'code'),
  postern_authorize_check_streams: gauge('authorize', 'Check streams of proxies that are open.'),
  postern_authorize_session_lookups_total: counter(
    'authorize',
    'Sessions looked up, by source (copy: in memory, store: read from Redis) and result: found, absent, unavailable.',
    'source',
    'result',
  ),
  postern_authorize_session_copies: gauge('authorize', 'Sessions of which a current copy is in memory.'),
  postern_authorize_sessions_missing_total: counter(
    'authorize',
    'Genuine credentials whose session is not in the store: signed out since, or lost (eviction, FLUSHALL) when many come at once.',
  ),
  postern_authorize_credentials_refused_total: counter(
    'authorize',
    'Credentials that were refused for another reason: malformed, signature, expired, claims, session-over.',
    'reason',
  ),
  postern_authorize_invalidation_channel_up: gauge(
    'authorize',
    'Whether Redis tells of changed sessions; while it does not, every check reads from Redis.',
  ),
  postern_authorize_refresh_calls_total: counter(
    'authorize',
    'Refreshes asked of authenticate, by result: read-again, ended, idp-unavailable, or the code of the error.',
    'result',
  ),
} as const
