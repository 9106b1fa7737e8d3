import { counter, gauge, histogram, longTimes } from '../definition.ts'

/** Of the relying party. */
export const authenticateMetrics = {
  postern_authenticate_sign_ins_total: counter(
    'authenticate',
    'Sign-ins that ended, by result: ok, or the code of the error (see errors.md).',
    'result',
  ),
  postern_authenticate_idp_calls_total: counter(
    'authenticate',
    'Calls to identity providers, by endpoint (discovery, jwks, token, userinfo, revocation, introspection, other) and result: ok, 4xx, 5xx, timeout, failed.',
    'endpoint',
    'result',
  ),
  postern_authenticate_idp_call_duration_seconds: histogram(
    'authenticate',
    longTimes,
    'Time until an identity provider answered a call or failed to.',
    'endpoint',
  ),
  postern_authenticate_idp_clock_skew_seconds: gauge(
    'authenticate',
    'How far the identity provider’s clock was ahead of ours at the last call, to about a second.',
  ),
  postern_authenticate_jwks_age_seconds: gauge(
    'authenticate',
    'Age of the oldest key set of an identity provider in use; it is read every five minutes while people sign in, and used for a day.',
  ),
  postern_authenticate_refreshes_total: counter(
    'authenticate',
    'Refreshes of sessions at identity providers, by result: ok, invalid-grant and claims-refused (the session ends), invalid-client (our secret is wrong: act), unavailable, error.',
    'result',
  ),
  postern_authenticate_refresh_grace_active: gauge(
    'authenticate',
    'Clients at identity providers that cannot be refreshed at now, so that their sessions live on for a grace period.',
  ),
  postern_authenticate_refreshes_unsaved: gauge(
    'authenticate',
    'Refreshed sessions that Redis did not take and that wait in memory: their old tokens are used up.',
  ),
  postern_authenticate_backchannel_logouts_total: counter(
    'authenticate',
    'Back-channel logouts, by result: ok, or the code of the error.',
    'result',
  ),
  postern_authenticate_tickets_total: counter(
    'authenticate',
    'Tickets that a proxy presented, by result: redeemed, refused, failed.',
    'result',
  ),
} as const
