import { accept } from './accept.ts'
import { authenticatedUser } from './authenticated-user.ts'
import { claim } from './claim.ts'
import { clientCertificate } from './client-certificate.ts'
import { corsPreflight } from './cors-preflight.ts'
import type { CriterionKind } from './criterion-kind.ts'
import { date } from './date.ts'
import { dayOfWeek } from './day-of-week.ts'
import { domain } from './domain.ts'
import { email } from './email.ts'
import { groups } from './groups.ts'
import { httpMethod } from './http-method.ts'
import { httpPath } from './http-path.ts'
import { invalidClientCertificate } from './invalid-client-certificate.ts'
import { reject } from './reject.ts'
import { sourceIp } from './source-ip.ts'
import { timeOfDay } from './time-of-day.ts'
import { user } from './user.ts'

/** Every criterion of the policy language. A new one is a file beside these and a line here. */
const kinds: readonly CriterionKind[] = [
  accept,
  reject,
  authenticatedUser,
  user,
  email,
  domain,
  claim,
  groups,
  httpMethod,
  httpPath,
  corsPreflight,
  sourceIp,
  clientCertificate,
  invalidClientCertificate,
  date,
  dayOfWeek,
  timeOfDay,
]

export const criterionKinds: ReadonlyMap<string, CriterionKind> = new Map(kinds.map((kind) => [kind.name, kind]))

/** Words of Pomerium's language that Postern does not have, and why a policy with them cannot be loaded. */
export const notSupported: ReadonlyMap<string, string> = new Map([
  ['device', 'Postern does not register devices (WebAuthn), so it could never be true'],
  ['mcp_tool', 'Postern does not read the bodies of requests'],
  ['record', 'Postern keeps no external records'],
  ['pomerium_routes', 'a policy belongs to one route'],
  ['ssh_publickey', 'Postern does not speak SSH'],
  ['ssh_ca', 'Postern does not speak SSH'],
  ['ssh_username', 'Postern does not speak SSH'],
  ['ssh_username_matches_email', 'Postern does not speak SSH'],
  ['ssh_username_matches_claim', 'Postern does not speak SSH'],
])
