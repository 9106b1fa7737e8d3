/** The closed vocabulary of reasons: two or three per criterion, plus the router's own. */
export const reasons = [
  'accept',
  'claim-ok',
  'claim-unauthorized',
  'client-certificate-ok',
  'client-certificate-required',
  'client-certificate-unauthorized',
  'cors-request',
  'date-ok',
  'date-unauthorized',
  'day-of-week-ok',
  'day-of-week-unauthorized',
  'domain-ok',
  'domain-unauthorized',
  'email-ok',
  'email-unauthorized',
  'groups-ok',
  'groups-unauthorized',
  'http-method-ok',
  'http-method-unauthorized',
  'http-path-ok',
  'http-path-unauthorized',
  'invalid-client-certificate',
  'non-cors-request',
  'reject',
  'route-not-found',
  'source-ip-ok',
  'source-ip-unauthorized',
  'time-of-day-ok',
  'time-of-day-unauthorized',
  'unrecognised-decision',
  'user-ok',
  'user-unauthenticated',
  'user-unauthorized',
  'valid-client-certificate',
] as const

export type Reason = (typeof reasons)[number]

/** The statuses with which a decision can refuse: policy, no such route, client certificate. */
export type DenyStatus = 403 | 404 | 495

/**
 * What the policy says. A refusal is a value; failing to decide is an error and is thrown (see `errors/`).
 * Never turn one into the other.
 */
export type Decision =
  | { readonly kind: 'allow'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'deny'; readonly status: DenyStatus; readonly reasons: readonly Reason[] }
  | { readonly kind: 'sign-in'; readonly reasons: readonly Reason[] }
