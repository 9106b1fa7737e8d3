import { z } from 'zod'
import { optional, withDefault } from './key.ts'
import { jsonOr, oneOf, text, textList } from './types.ts'
import type { ValueType } from './value-type.ts'

/** Signatures that only the holder of a private key can make. */
export const tokenAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const

const nonEmpty = z.string().min(1)
const oneOrMore = z.union([nonEmpty.transform((one) => [one]), z.array(nonEmpty).min(1)])

const tokenIssuer = z.strictObject({
  issuer: nonEmpty,
  jwks_url: nonEmpty.optional(),
  supported_algs: z.array(z.enum(tokenAlgorithms)).min(1).optional(),
  audiences: oneOrMore,
})

export type TokenIssuerValues = z.infer<typeof tokenIssuer>

const tokenIssuers: ValueType<Readonly<Record<string, TokenIssuerValues>>> = {
  name: 'token issuers',
  expected:
    'names in lower case without "/", each with issuer and audiences, and perhaps jwks_url and supported_algs ' +
    `(${tokenAlgorithms.join(', ')})`,
  schema: z.record(z.string().regex(/^[^A-Z/\s]+$/), tokenIssuer),
  fromEnvironment: (value) => jsonOr(value, (same) => same),
}

const formats = oneOf('default', 'google_identity_token', 'jwt', 'idp_identity_token', 'idp_access_token')

/** Whose tokens count besides sessions, and what tokens say about groups. */
export const bearerKeys = {
  bearer_token_format: withDefault(formats, 'default', {
    meaning:
      'What `Authorization: Bearer` means to Postern. `default`: nothing, it is the application’s. `google_identity_token` ✦: an ID token of a Google service account for the URL of the route. `jwt`: a token of one of identity_providers. `idp_identity_token`: an ID token of the identity provider. `idp_access_token`: an access token of the identity provider for one of idp_access_token_allowed_audiences. With all but `default` a bad token is answered with 401 (a bad access token with 403), a token beside a session cookie with 400, and the application does not get the token.',
    readBy: ['proxy', 'authorize'],
  }),
  identity_providers: optional(tokenIssuers, {
    meaning:
      'Third parties whose JWTs count on routes with `bearer_token_format: jwt`: name → `issuer`, `audiences`, `jwks_url` (left out: found by discovery), `supported_algs` (left out: RS256, ES256, EdDSA). Their user ids are `<name>/<sub>`.',
    readBy: ['authorize'],
  }),
  idp_access_token_allowed_audiences: optional(textList, {
    meaning:
      'For whom access tokens of the identity provider have to be, on routes with `bearer_token_format: idp_access_token`: every audience of a token has to be one of these. Where a token names none, the client that it was given to counts as its audience.',
    readBy: ['authorize'],
  }),
  idp_groups_claim: withDefault(text, 'groups', {
    meaning:
      'The claim that holds a person’s groups, for the criterion `groups` and the assertion; `a.b` is a claim inside another. Of a list of objects name the member: `groups.name`, `groups.id`.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
} as const

/** The same, for one route. */
export const routeBearerKeys = {
  bearer_token_format: optional(formats, {
    meaning: 'What `Authorization: Bearer` means to Postern on this route.',
    otherwise: 'the global bearer_token_format',
  }),
  identity_providers: optional(textList, {
    meaning: 'The names in the global identity_providers whose tokens count here.',
    otherwise: 'all of them',
  }),
  idp_access_token_allowed_audiences: optional(textList, {
    meaning: 'For whom access tokens of the identity provider have to be here.',
    otherwise: 'the global idp_access_token_allowed_audiences',
  }),
} as const
