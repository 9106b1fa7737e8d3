import { claimHeaders, responseHeaders } from './header-types.ts'
import { optional, withDefault } from './key.ts'
import { flag, oneOf, text, wordsFor } from './types.ts'

const underscoreActions = wordsFor({
  reject_request: 'reject',
  reject: 'reject',
  drop_header: 'drop',
  allow: 'allow',
})

const escapedSlashActions = wordsFor({
  reject_request: 'reject',
  keep_unchanged: 'keep',
  unescape_and_redirect: 'unescape-redirect',
  unescape_and_forward: 'unescape-forward',
})

/** What is read into requests, identity headers, response headers and Google credentials. */
export const headerKeys = {
  headers_with_underscores_action: withDefault(underscoreActions, 'reject_request', {
    meaning: 'What happens to requests with header names that contain an underscore.',
    readBy: ['proxy'],
  }),
  path_with_escaped_slashes_action: withDefault(escapedSlashActions, 'reject_request', {
    meaning: 'What happens to requests with `%2F` or `%5C` in the path.',
    readBy: ['proxy'],
  }),
  merge_slashes: withDefault(flag, true, { meaning: 'Read `//` in a path as one slash.', readBy: ['proxy'] }),
  normalize_path: withDefault(flag, true, { meaning: 'Remove `/./` and `/../` from paths.', readBy: ['proxy'] }),
  pass_identity_headers: withDefault(flag, false, {
    meaning:
      'Send X-Pomerium-Jwt-Assertion and the claim headers to applications, where a route does not say otherwise.',
  }),
  jwt_claims_headers: optional(claimHeaders, {
    meaning: 'Claims to send as headers: a mapping from header names to claims, or a list of claims.',
    readBy: ['proxy', 'authorize'],
  }),
  jwt_issuer_format: withDefault(oneOf('hostOnly', 'uri'), 'hostOnly', {
    meaning: 'The issuer in the assertion, where a route does not say otherwise: the route’s host, or `https://host/`.',
    readBy: ['authorize'],
  }),
  set_response_headers: optional(responseHeaders, {
    meaning: 'Headers of every response. Replaces the usual ones entirely; the key `disable` turns all off.',
    otherwise: 'X-Frame-Options, X-XSS-Protection and Strict-Transport-Security',
    readBy: ['proxy'],
    environmentAliases: ['HEADERS'],
  }),
  google_cloud_serverless_authentication_service_account: optional(text, {
    meaning:
      'Google credentials as JSON or base64 of it: service_account, impersonated_service_account or external_account.',
    otherwise: 'the file that GOOGLE_APPLICATION_CREDENTIALS names; else the metadata server',
    readBy: ['proxy'],
    secret: true,
  }),
} as const
