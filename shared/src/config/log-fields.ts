/** The usual fields of the access record, and their order. */
export const usualAccessFields = [
  'request-id',
  'method',
  'authority',
  'path',
  'user-agent',
  'referer',
  'forwarded-for',
  'ip',
  'duration',
  'size',
  'response-code',
  'response-code-details',
  'upstream-cluster',
  'route-id',
  'decision',
  'user',
  'check-ms',
  'upstream-ms',
  'httpRequest',
] as const

/** What `access_log_fields` may name besides the usual ones and `headers.NAME`. */
export const furtherAccessFields = ['query', 'client-certificate', 'cluster-stat-name'] as const

/** The usual fields of the decision record; the decision itself always stands there, too. */
export const usualDecisionFields = [
  'request-id',
  'route-id',
  'method',
  'path',
  'host',
  'ip',
  'session-id',
  'user',
  'email',
] as const

/** What `authorize_log_fields` may name besides the usual ones and `headers.NAME`. */
export const furtherDecisionFields = ['query', 'id-token-claims', 'envoy-route-id', 'cluster-stat-name'] as const

export type AccessField = (typeof usualAccessFields)[number] | (typeof furtherAccessFields)[number] | HeaderField
export type DecisionField = (typeof usualDecisionFields)[number] | (typeof furtherDecisionFields)[number] | HeaderField

/** `headers.X-Name`, written as in the configuration. */
export type HeaderField = `headers.${string}`

const headerPrefix = 'headers.'

/** The lower-case name of the header that a field asks for. */
export function headerOfField(field: string): string | undefined {
  return field.startsWith(headerPrefix) ? field.slice(headerPrefix.length).toLowerCase() : undefined
}
