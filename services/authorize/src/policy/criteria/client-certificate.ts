import type { CertificateFacts, ClientCertificate } from '@postern/shared/vocabulary/request-facts.ts'
import { foldCase } from '../facts/email.ts'
import { describe, isMapping, oneOf } from '../grammar/describe.ts'
import { didYouMean } from '../grammar/did-you-mean.ts'
import type { Entry } from '../grammar/entry.ts'
import { parseStringMatcher } from '../matchers/string-matcher.ts'
import type { Path } from '../policy.ts'
import { verdict } from '../verdict.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

interface Part {
  readonly summary: string
  matches(certificate: CertificateFacts): boolean
}

type ParsePart = (entry: Entry, operand: unknown, at: Path) => Part | undefined

const parsers: Readonly<Record<string, ParsePart>> = {
  fingerprint: hashes('fingerprint', 'a SHA-256 fingerprint in hex', readFingerprint, (leaf) => leaf.fingerprint),
  spki_hash: hashes('spki_hash', 'a SHA-256 hash in base64', readSpkiHash, (leaf) => leaf.spkiHash),
  san_dns: names('san_dns', (leaf) => leaf.sanDns),
  san_email: names('san_email', (leaf) => leaf.sanEmail),
  san_uri: names('san_uri', (leaf) => leaf.sanUri),
}

const keys = Object.keys(parsers)
const required = verdict(false, 'client-certificate-required')

/**
 * The client's certificate is this one. A certificate that does not check out is never the one, whatever it says of
 * itself. Several conditions are and-ed; one alternative name of the kind is enough.
 */
export const clientCertificate: CriterionKind = {
  name: 'client_certificate',
  takesSubPath: false,
  parse(entry) {
    const parts = parseParts(entry)
    if (parts === undefined) return undefined
    const criterion = requestCriterion(entry, {
      summary: `client certificate ${parts.map((part) => part.summary).join(' and ')}`,
      ok: 'client-certificate-ok',
      refused: 'client-certificate-unauthorized',
      matches({ facts }) {
        if (facts.clientCertificate?.valid !== true) return false
        const leaf = leafOf(facts.clientCertificate)
        return parts.every((part) => part.matches(leaf))
      },
      compared: ({ facts: { clientCertificate } }) =>
        clientCertificate?.valid === true ? leafOf(clientCertificate) : clientCertificate && { valid: false },
    })
    return {
      ...criterion,
      test: (question) => (question.facts.clientCertificate?.presented === true ? criterion.test(question) : required),
    }
  },
}

/** Not having read the certificate is no answer, least of all for a deny rule. */
function leafOf(certificate: ClientCertificate): CertificateFacts {
  if (certificate.leaf === undefined) throw new TypeError('The client certificate has not been read.')
  return certificate.leaf
}

function parseParts(entry: Entry): readonly Part[] | undefined {
  const { operand } = entry
  if (!isMapping(operand) || Object.keys(operand).length === 0) {
    return entry.problem(`expected an object with ${oneOf(keys)}, but found ${describe(operand)}`)
  }
  const parts = Object.entries(operand).map(([key, value]) => {
    const parse = Object.hasOwn(parsers, key) ? parsers[key] : undefined
    if (parse !== undefined) return parse(entry, value, [key])
    return entry.problem(`unknown key "${key}"; expected ${oneOf(keys)}${didYouMean(key, keys)}`, [key])
  })
  const good = parts.filter((part) => part !== undefined)
  return good.length < parts.length ? undefined : good
}

function names(key: string, of: (leaf: CertificateFacts) => readonly string[]): ParsePart {
  return (entry, operand, at) => {
    const matcher = parseStringMatcher(entry, { fold: foldCase }, operand, at)
    return (
      matcher && {
        summary: `${key} ${matcher.summary}`,
        matches: (leaf) => of(leaf).some((name) => matcher.matches(foldCase(name))),
      }
    )
  }
}

function hashes(
  key: string,
  expected: string,
  read: (text: string) => string | undefined,
  of: (leaf: CertificateFacts) => string,
): ParsePart {
  return (entry, operand, at) => {
    const items: readonly unknown[] = Array.isArray(operand) ? operand : [operand]
    if (items.length === 0) return entry.problem(`expected ${expected}, but found an empty list`, at)
    const values = items.map((item, index) => {
      const value = typeof item === 'string' ? read(item) : undefined
      if (value !== undefined) return value
      return entry.problem(
        `expected ${expected}, but found ${describe(item)}`,
        Array.isArray(operand) ? [...at, index] : at,
      )
    })
    const good = values.filter((value) => value !== undefined)
    if (good.length < values.length) return undefined
    return { summary: `${key} is ${good.join(' or ')}`, matches: (leaf) => good.includes(of(leaf)) }
  }
}

/** 64 lower-case digits, or 32 upper-case pairs with colons between, as OpenSSL prints them. */
function readFingerprint(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return text
  return /^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/.test(text) ? text.replaceAll(':', '').toLowerCase() : undefined
}

function readSpkiHash(text: string): string | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? text : undefined
}
