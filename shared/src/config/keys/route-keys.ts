import { z } from 'zod'
import { headerNames, headers, headerValue } from './header-types.ts'
import type { ValuesOf } from './key.ts'
import { optional, withDefault } from './key.ts'
import { anything, duration, flag, jsonOr, oneOf, path, text, textList } from './types.ts'
import type { ValueType } from './value-type.ts'

const claimValue = z.union([z.string(), z.number(), z.boolean()])

const claimLists: ValueType<Readonly<Record<string, readonly (string | number | boolean)[]>>> = {
  name: 'claims',
  expected: 'a mapping from claims to lists of values, none of them empty',
  schema: z
    .record(z.string().min(1), z.union([claimValue.transform((one) => [one]), z.array(claimValue).min(1)]))
    .refine((claims) => Object.keys(claims).length > 0),
  fromEnvironment: (value) => jsonOr(value, (same) => same),
}

const matching = {
  from: optional(text, {
    meaning: 'The URL people use: `https://host[:port]`; `*` in the host stands for anything.',
    otherwise: 'required',
  }),
  prefix: optional(text, { meaning: 'The path must begin with this text.' }),
  path: optional(text, { meaning: 'The path must be exactly this.' }),
  regex: optional(text, { meaning: 'The whole path must match this RE2 expression.' }),
  name: optional(text, { meaning: 'A name for people, logs and metrics.' }),
  description: optional(text, { meaning: 'A sentence about the application.' }),
} as const

const forwarding = {
  to: optional(textList, {
    meaning: 'The application: a URL, or several, each with `,weight` or none.',
    otherwise: 'required',
  }),
  prefix_rewrite: optional(text, { meaning: 'Replaces the matched prefix on the way to the application.' }),
  preserve_host_header: withDefault(flag, false, { meaning: 'Send the host that the browser sent.' }),
  host_rewrite: optional(headerValue, { meaning: 'Send this host to the application.' }),
  pass_identity_headers: optional(flag, {
    meaning: 'Send the identity headers.',
    otherwise: 'the global pass_identity_headers',
  }),
  set_request_headers: optional(headers, {
    meaning: 'Headers for the application; values may hold `${pomerium.…}` templates.',
  }),
  remove_request_headers: optional(headerNames, {
    meaning: 'Headers of the client that the application does not get.',
  }),
  set_response_headers: optional(headers, {
    meaning: 'Headers of the response, over the global ones; the key `disable` turns all off.',
  }),
  allow_websockets: withDefault(flag, false, { meaning: 'Let WebSocket connections through.' }),
  timeout: optional(duration, {
    meaning: 'Time for the whole response; 0s: none.',
    otherwise: 'default_upstream_timeout; none with allow_websockets',
  }),
  idle_timeout: optional(duration, {
    meaning: 'Time without any traffic; 0s: none.',
    otherwise: '5m; none with allow_websockets',
  }),
  tls_skip_verify: withDefault(flag, false, { meaning: 'Do not verify the application’s certificate.' }),
  tls_server_name: optional(text, {
    meaning: 'The name in the application’s certificate.',
    otherwise: 'the host of `to`',
  }),
  tls_upstream_server_name: optional(text, { meaning: 'The same as tls_server_name, and wins over it.' }),
  tls_custom_ca_file: optional(path, {
    meaning: 'The PEM authorities for the application’s certificate, in place of the system’s.',
  }),
  enable_google_cloud_serverless_authentication: withDefault(flag, false, {
    meaning: 'Send the Google-signed identity token that a private Cloud Run service demands.',
  }),
  google_cloud_serverless_authentication_audience: optional(text, {
    meaning: 'The audience of that token.',
    otherwise: 'the origin of `to`, for hosts under run.app',
    origin: 'postern',
  }),
  google_cloud_serverless_authentication_header: withDefault(
    oneOf('x-serverless-authorization', 'authorization', 'both'),
    'x-serverless-authorization',
    { meaning: 'The header that carries that token.', origin: 'postern' },
  ),
} as const

const access = {
  policy: optional(anything, { meaning: 'Who may, in the Pomerium Policy Language.' }),
  allow_public_unauthenticated_access: withDefault(flag, false, { meaning: 'Everybody may, without signing in.' }),
  allow_any_authenticated_user: withDefault(flag, false, { meaning: 'Everybody who signs in may.' }),
  allowed_users: optional(textList, { meaning: 'People who may, by user id or e-mail address.' }),
  allowed_domains: optional(textList, { meaning: 'People with e-mail addresses in these domains may.' }),
  allowed_idp_claims: optional(claimLists, { meaning: 'People with any of these values in any of these claims may.' }),
  cors_allow_preflight: withDefault(flag, false, {
    meaning: 'Let CORS preflight requests through without signing in.',
  }),
  show_error_details: withDefault(flag, false, { meaning: 'Show on the refusal page which criteria did not hold.' }),
} as const

/** Every key of a route. */
export const routeKeys = { ...matching, ...forwarding, ...access } as const

export type RouteValues = ValuesOf<typeof routeKeys>
