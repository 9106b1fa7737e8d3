import { z } from 'zod'
import { routeBearerKeys } from './bearer-keys.ts'
import { headerName, headerNames, headerPrefixes, headers, headerValue, responseHeaders } from './header-types.ts'
import type { ValuesOf } from './key.ts'
import { group, optional, withDefault } from './key.ts'
import { anyText, anything, duration, flag, integer, jsonOr, oneOf, path, text, textList, wordsFor } from './types.ts'
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

const loadBalancing = wordsFor({
  round_robin: 'round-robin',
  least_request: 'least-request',
  random: 'random',
})

const redirectStatus: ValueType<number> = {
  ...integer(301, 308),
  expected: '301, 302, 303, 307 or 308',
  schema: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]),
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
  description: optional(text, { meaning: 'A sentence about the application, in `postern routes --json`.' }),
  logo_url: optional(text, { meaning: 'A picture for the application, in `postern routes --json`.' }),
  tls_downstream_server_name: optional(text, { meaning: 'A further host that leads to this route.' }),
} as const

const answering = {
  redirect: group(
    { meaning: 'Answer with a redirect; what is not said about the new address stays as it came.' },
    {
      https_redirect: withDefault(flag, false, { meaning: 'To https.' }),
      scheme_redirect: optional(oneOf('http', 'https'), { meaning: 'To this scheme.' }),
      host_redirect: optional(text, { meaning: 'To this host.' }),
      port_redirect: optional(integer(1, 65_535), { meaning: 'To this port.' }),
      path_redirect: optional(text, { meaning: 'To this path.' }),
      prefix_rewrite: optional(text, { meaning: 'Replaces the matched prefix of the path.' }),
      response_code: withDefault(redirectStatus, 301, { meaning: 'The status.' }),
      strip_query: withDefault(flag, false, { meaning: 'Leave the query out.' }),
    },
  ),
  response: group(
    { meaning: 'Answer with this text; nothing is forwarded.' },
    {
      status: optional(integer(200, 599), { meaning: 'The status.', otherwise: 'required' }),
      body: withDefault(anyText, '', { meaning: 'The text.' }),
    },
  ),
} as const

const forwarding = {
  to: optional(textList, {
    meaning:
      'The application: a URL (`https`, `http`, `h2c`, `unix:///socket`, `https+unix:///socket`), or several, each with `,weight` or none.',
    otherwise: 'required, unless redirect or response is given',
  }),
  load_balancing_policy: optional(loadBalancing, {
    meaning: 'How one of several `to` is chosen.',
    otherwise: 'round_robin',
  }),
  prefix_rewrite: optional(text, { meaning: 'Replaces the matched prefix on the way to the application.' }),
  regex_rewrite_pattern: optional(text, {
    meaning: 'What matches this RE2 expression in the path is replaced by regex_rewrite_substitution.',
  }),
  regex_rewrite_substitution: optional(anyText, {
    meaning: 'Stands in for every match; `\\1` is the first group.',
    otherwise: 'required with regex_rewrite_pattern',
  }),
  host_rewrite: optional(headerValue, { meaning: 'Send this host to the application.' }),
  host_rewrite_header: optional(headerName, {
    meaning: 'Send the value of this request header as the host; without the header the host of `to`.',
  }),
  host_path_regex_rewrite_pattern: optional(text, {
    meaning: 'Send the path as the host, after replacing what matches this RE2 expression in it.',
  }),
  host_path_regex_rewrite_substitution: optional(anyText, {
    meaning: 'Stands in for every match; `\\1` is the first group.',
    otherwise: 'required with host_path_regex_rewrite_pattern',
  }),
  preserve_host_header: withDefault(flag, false, { meaning: 'Send the host that the browser sent.' }),
  pass_identity_headers: optional(flag, {
    meaning: 'Send the identity headers.',
    otherwise: 'the global pass_identity_headers',
  }),
  jwt_issuer_format: optional(oneOf('hostOnly', 'uri'), {
    meaning: 'The issuer in the assertion: the route’s host, or `https://host/`.',
    otherwise: 'the global jwt_issuer_format',
  }),
  set_request_headers: optional(headers, {
    meaning: 'Headers for the application; values may hold `${pomerium.…}` templates.',
  }),
  remove_request_headers: optional(headerNames, {
    meaning: 'Headers of the client that the application does not get.',
  }),
  set_response_headers: optional(responseHeaders, {
    meaning: 'Headers of the response, over the global ones; the key `disable` turns all off.',
  }),
  rewrite_response_headers: optional(headerPrefixes, {
    meaning: 'Where the value of `header` begins with `prefix`, that part becomes `value`: for `Location`.',
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
  tls_custom_ca: optional(text, {
    meaning: 'The base64 of the PEM authorities for the application’s certificate, in place of the system’s.',
  }),
  tls_custom_ca_file: optional(path, { meaning: 'The same as a PEM file.' }),
  tls_client_cert: optional(text, { meaning: 'The base64 of the PEM certificate that the application asks for.' }),
  tls_client_cert_file: optional(path, { meaning: 'The same as a PEM file.' }),
  tls_client_key: optional(text, { meaning: 'The base64 of that certificate’s PEM private key.', hidden: true }),
  tls_client_key_file: optional(path, { meaning: 'The same as a PEM file.' }),
  tls_downstream_client_ca: optional(text, {
    meaning: 'The base64 of the PEM authorities for clients’ certificates on this route.',
    otherwise: 'downstream_mtls.ca',
  }),
  tls_downstream_client_ca_file: optional(path, { meaning: 'The same as a PEM file.' }),
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
  idp_client_id: optional(text, {
    meaning: 'The route’s own client at the identity provider, with sessions of its own.',
    otherwise: 'the global idp_client_id',
  }),
  idp_client_secret: optional(text, { meaning: 'The secret of that client.', hidden: true }),
  depends_on: optional(textList, {
    meaning: 'Up to five other routes’ hosts that sign in together with this one.',
  }),
  show_error_details: withDefault(flag, false, { meaning: 'Show on the refusal page which criteria did not hold.' }),
} as const

/** Every key of a route. */
export const routeKeys = { ...matching, ...answering, ...forwarding, ...access, ...routeBearerKeys } as const

export type RouteValues = ValuesOf<typeof routeKeys>
