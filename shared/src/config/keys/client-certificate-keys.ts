import { z } from 'zod'
import { alternativeNameKinds, type AlternativeNamePattern } from '../client-certificates.ts'
import { group, optional, withDefault } from './key.ts'
import { integer, jsonOr, path, text, wordsFor } from './types.ts'
import type { ValueType } from './value-type.ts'

const pattern = z.string().min(1)
const oneName = z.union(alternativeNameKinds.map((kind) => z.strictObject({ [kind]: pattern })))

const namePatterns: ValueType<readonly AlternativeNamePattern[]> = {
  name: 'alternative names',
  expected: `a list of mappings with one key (${alternativeNameKinds.join(', ')}) and a regular expression`,
  schema: z
    .array(oneName)
    .min(1)
    .transform((names) =>
      names.flatMap((name) => Object.entries(name).map(([kind, regex]) => ({ kind, regex }) as AlternativeNamePattern)),
    ),
  fromEnvironment: (value) => jsonOr(value, (same) => same),
}

const enforcements = wordsFor({
  policy_with_default_deny: 'default-deny',
  policy: 'policy',
  reject_connection: 'reject-connection',
})

const readBy = ['proxy', 'authorize'] as const

/** Certificates that browsers and programs show to the proxy. */
export const clientCertificateKeys = {
  downstream_mtls: group(
    { meaning: 'Certificates of clients: the public listener asks for one where TLS ends here.', readBy },
    {
      ca: optional(text, {
        meaning: 'The base64 of the PEM authorities that the clients’ certificates chain to.',
        readBy,
      }),
      ca_file: optional(path, { meaning: 'The same as a PEM file.', readBy }),
      crl: optional(text, {
        meaning:
          'The base64 of PEM revocation lists. Where there are any, every authority needs a current one: without it nothing that it signed counts.',
        readBy: ['proxy'],
      }),
      crl_file: optional(path, { meaning: 'The same as a PEM file.', readBy: ['proxy'] }),
      enforcement: withDefault(enforcements, 'policy_with_default_deny', {
        meaning:
          'What is demanded. `policy_with_default_deny`: a route with authorities refuses whoever has no valid certificate, before anything else. `policy`: only the policy’s own rules look at certificates. `reject_connection`: whoever has no valid certificate does not even connect.',
        readBy,
      }),
      match_subject_alt_names: optional(namePatterns, {
        meaning:
          'One of the alternative names of a certificate has to match one of these regular expressions, all of it: `dns`, `email`, `ip_address`, `uri`, `user_principal_name`.',
        otherwise: 'names are not looked at',
        readBy: ['proxy'],
      }),
      max_verify_depth: withDefault(integer(0, 100), 1, {
        meaning:
          'How many authorities may stand above a client’s certificate. `1`: one of those in ca has signed it itself. `0`: any number may stand between, which clients send along. Another number is an error: list the authorities between in ca.',
        readBy: ['proxy'],
      }),
    },
  ),
} as const
