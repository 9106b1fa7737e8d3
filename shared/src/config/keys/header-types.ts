import { z } from 'zod'
import { jsonOr, textList, textMap } from './types.ts'
import type { ValueType } from './value-type.ts'

/** RFC 9110 5.6.2 */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 5.5, Latin-1: no control characters but the tab. */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

export function isHeaderName(name: string): boolean {
  return token.test(name)
}

const name = z.string().regex(token)

export const headerName: ValueType<string> = {
  name: 'header name',
  expected: 'the name of a header',
  schema: name,
  fromEnvironment: (value) => value,
}

export const headerNames: ValueType<readonly string[]> = {
  ...textList,
  name: 'list of header names',
  expected: 'a header name, or a list of header names with at least one entry',
  schema: z.union([name.transform((one) => [one]), z.array(name).min(1)]),
}

export const headerValue: ValueType<string> = {
  name: 'header value',
  expected: 'text that can stand in a header',
  schema: z.string().min(1).regex(fieldValue),
  fromEnvironment: (value) => value,
}

/** Header name to value. */
export const headers: ValueType<Readonly<Record<string, string>>> = {
  ...textMap,
  name: 'map of headers',
  expected: 'a mapping from header names to text (quote numbers and booleans)',
  expectedInVariable: 'JSON that maps header names to text, or name:value,name:value',
  schema: z.record(name, z.string().regex(fieldValue)),
}

/**
 * Header name to value. `disable: true` is no header; without quotes it is a boolean to YAML, and in Pomerium's own
 * examples. What `false` means is said by whoever checks the names.
 */
export const responseHeaders: ValueType<Readonly<Record<string, string>>> = {
  ...headers,
  schema: z.preprocess(disableAsText, headers.schema),
  json: {
    type: 'object',
    propertyNames: { type: 'string', pattern: token.source },
    properties: { disable: { anyOf: [{ type: 'string' }, { const: true }] } },
    additionalProperties: { type: 'string', pattern: fieldValue.source },
  },
}

function disableAsText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => [
      key,
      key === 'disable' && typeof text === 'boolean' ? String(text) : (text as unknown),
    ]),
  )
}

export interface HeaderPrefix {
  readonly header: string
  readonly prefix: string
  readonly value: string
}

/** Of which headers the beginning is replaced. */
export const headerPrefixes: ValueType<readonly HeaderPrefix[]> = {
  name: 'list of header, prefix and value',
  expected: 'a list of mappings with header, prefix and value',
  schema: z
    .array(z.strictObject({ header: name, prefix: z.string().min(1), value: z.string().regex(fieldValue) }))
    .min(1),
  fromEnvironment: (value) => jsonOr(value, (same) => same),
}

/** Claim names become `X-Pomerium-Claim-<claim>`; a mapping names the headers itself. */
export const claimHeaders: ValueType<Readonly<Record<string, string>>> = {
  name: 'claim headers',
  expected: 'a mapping from header names to claims, or a list of claims',
  expectedInVariable:
    'JSON that maps header names to claims, or header:claim,header:claim, or claims separated by commas',
  schema: z.preprocess(toClaimHeaders, z.record(name, z.string().min(1))),
  json: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 } },
      {
        type: 'object',
        propertyNames: { type: 'string', pattern: token.source },
        additionalProperties: { type: 'string', minLength: 1 },
      },
    ],
  },
  fromEnvironment: (value) => jsonOr(value, (text) => (/:/.test(text) ? textMap.fromEnvironment(text) : text)),
}

function toClaimHeaders(value: unknown): unknown {
  const claims = typeof value === 'string' ? value.split(/[,\s]+/).filter((claim) => claim !== '') : value
  if (value === '' || !Array.isArray(claims) || !claims.every((claim) => typeof claim === 'string' && claim !== '')) {
    return value
  }
  return Object.fromEntries(claims.map((claim: string) => [`X-Pomerium-Claim-${claim}`, claim]))
}
