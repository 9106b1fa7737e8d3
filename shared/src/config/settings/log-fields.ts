import {
  furtherAccessFields,
  furtherDecisionFields,
  headerOfField,
  usualAccessFields,
  usualDecisionFields,
} from '../log-fields.ts'
import type { AccessField, DecisionField } from '../log-fields.ts'
import type { ConfigPath } from '../config-issue.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import { isHeaderName } from '../keys/header-types.ts'
import { mayHoldCredential } from '../../log/credential-names.ts'
import { didYouMean } from '../read/closest.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'

/** What Pomerium writes into a decision record and Postern has not. */
const without = new Set([
  'check-request-id',
  'impersonate-session-id',
  'impersonate-user-id',
  'impersonate-email',
  'service-account-id',
  'removed-groups-count',
  'envoy-route-checksum',
  'route-checksum',
  'mcp-method',
  'mcp-tool',
  'mcp-tool-parameters',
])

/** Secrets do not get into the log, whoever asks for them (security-cases LOG-02, LOG-03). */
const refused: Readonly<Record<string, string>> = {
  'id-token': 'the ID token is a credential and is not logged; id-token-claims holds what it says',
  body: 'bodies pass through and are not logged',
  headers: 'all headers together hold credentials and are not logged; name those you need, as in headers.Accept',
}

/** The fields of the access record; `undefined`: the usual ones. */
export function readAccessFields(values: GlobalValues, report: Report): readonly AccessField[] | undefined {
  const known = [...usualAccessFields, ...furtherAccessFields]
  return readFields(values.access_log_fields, known, ['access_log_fields'], report) as AccessField[] | undefined
}

/** The fields of the decision record; `undefined`: the usual ones. */
export function readDecisionFields(values: GlobalValues, report: Report): readonly DecisionField[] | undefined {
  const known = [...usualDecisionFields, ...furtherDecisionFields]
  return readFields(values.authorize_log_fields, known, ['authorize_log_fields'], report) as DecisionField[] | undefined
}

/** Lower-case names of the headers that authorize needs for its log. */
export function loggedByAuthorize({ authorize_log_fields: fields = [] }: GlobalValues): string[] {
  return fields.flatMap((field) => headerOfField(field) ?? []).filter(isLoggable)
}

/** Those that can be had. Of the others each is named: a missing field of a log opens no door. */
function readFields(
  fields: readonly string[] | undefined,
  known: readonly string[],
  path: ConfigPath,
  report: Report,
): readonly string[] | undefined {
  return fields?.filter((field, index) => {
    const why = whyNot(field, known)
    if (why !== undefined) report.warning([...path, index], why)
    return why === undefined
  })
}

function whyNot(field: string, known: readonly string[]): string | undefined {
  if (known.includes(field)) return undefined
  if (without.has(field)) return `Postern has nothing to write into ${quote(field)}; it is left out`
  if (Object.hasOwn(refused, field)) return refused[field]
  const header = headerOfField(field)
  if (header === undefined) return `unknown field ${quote(field)}, which is left out${didYouMean(field, known)}`
  if (!isHeaderName(header)) return `${quote(field)} does not name a header; it is left out`
  return isLoggable(header) ? undefined : 'this header may hold a credential and is not logged'
}

function isLoggable(header: string): boolean {
  return isHeaderName(header) && !mayHoldCredential(header)
}
