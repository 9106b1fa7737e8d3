import { counter, gauge, histogram, longTimes, shortTimes } from '../definition.ts'

/** Of the enforcement point. `route` is the name of a route, or its id where it has none. */
export const proxyMetrics = {
  postern_proxy_requests_total: counter(
    'proxy',
    'Requests that ended, by route (none: no route matched, or Postern’s own pages), class of the status (2xx, …; 499 is 4xx: the client left) and decision (allow, deny, sign-in, none).',
    'route',
    'status_class',
    'decision',
  ),
  postern_proxy_request_duration_seconds: histogram(
    'proxy',
    longTimes,
    'Time from a request’s header to the end of its answer; tunnels and requests whose client left are not in it.',
    'route',
  ),
  postern_proxy_requests_in_flight: gauge('proxy', 'Requests that are being answered, tunnels included.'),
  postern_proxy_errors_total: counter(
    'proxy',
    'Requests that Postern answered or broke off with an error of its own, by route and code (see errors.md).',
    'route',
    'code',
  ),
  postern_proxy_tunnels_open: gauge('proxy', 'Open WebSockets.'),
  postern_proxy_draining: gauge('proxy', 'Whether this instance finishes what it has and takes no new requests.'),
  postern_proxy_check_duration_seconds: histogram(
    'proxy',
    shortTimes,
    'Time until authorize answered a check or failed to, all attempts included.',
  ),
  postern_proxy_check_failures_total: counter(
    'proxy',
    'Checks without a decision, by code: the request got a 503, never a pass.',
    'code',
  ),
  postern_proxy_check_retries_total: counter(
    'proxy',
    'Checks that were sent once more, by reason: stream-broke, other-instance (the first could not decide).',
    'reason',
  ),
  postern_proxy_authorize_up: gauge('proxy', 'Whether a check asked now has somebody to go to.'),
  postern_proxy_authorize_streams: gauge('proxy', 'Check streams that are up; 0 with authorize_check_mode: unary.'),
  postern_proxy_upstream_retries_total: counter(
    'proxy',
    'Requests sent once more to an application, by reason: stale-connection, other-upstream, refused-stream, token-refused.',
    'reason',
  ),
  postern_proxy_google_token_mints_total: counter(
    'proxy',
    'Google ID tokens asked for, by the audience of the routes that need them and result: ok, or the code of the error.',
    'audience',
    'result',
  ),
  postern_proxy_google_token_mint_duration_seconds: histogram(
    'proxy',
    longTimes,
    'Time until Google gave an ID token or failed to.',
  ),
  postern_proxy_google_tokens_cached: gauge(
    'proxy',
    'Google ID tokens in memory that are good, one for each audience.',
  ),
  postern_proxy_google_token_lifetime_seconds: gauge(
    'proxy',
    'Lifetime that is left to the Google ID token in memory that ends first; missing where there is none.',
  ),
} as const
