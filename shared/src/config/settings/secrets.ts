import { createPrivateKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { ConfigPath } from '../config-issue.ts'
import type { SigningKeyConfig } from '../model.ts'
import type { Report } from '../read/report.ts'
import { Secret } from '../../secret.ts'
import { isBase64 } from '../source/route-list-variable.ts'

const secretBytes = 32
const fewestDifferentBytes = 16

const placeholder =
  /^\s*(?:<.*>|\$\{.*\}|change.?me.*|replace.?(?:me|this|with).*|your[-_ ].*|todo|fixme|x{3,}|\*{3,}|\.{3,}|example|placeholder)\s*$/i

/** Whether somebody forgot to fill this in. */
export function isPlaceholder(text: string): boolean {
  return placeholder.test(text)
}

/** Why the text is not base64 of 32 random bytes; `undefined` when it is. */
export function weaknessOf(text: string): string | undefined {
  const make = 'make one with `postern keys new`'
  if (isPlaceholder(text)) return `this is a placeholder; ${make}`
  if (text !== text.trim()) return 'white space stands around the secret'
  if (!isBase64(text)) return `expected base64 of ${String(secretBytes)} random bytes; ${make}`
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < secretBytes) {
    return `too short: ${String(bytes.length)} bytes, expected base64 of ${String(secretBytes)} random bytes; ${make}`
  }
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  if (isText || new Set(bytes).size < fewestDifferentBytes)
    return `this is not random: it looks like text or a pattern; ${make}`
  return undefined
}

export interface SecretRules {
  /** Whether a missing one may be replaced by a random one. */
  readonly mayBeRandom: boolean
  /** One stands there, which cannot be used; that is said already. */
  readonly isGiven: boolean
}

/** A 32-byte secret; random, with a warning, where that is allowed and none is given. */
export function readKeySecret(text: string | undefined, path: ConfigPath, rules: SecretRules, report: Report): Secret {
  if (text === undefined) {
    const what = 'not set; expected base64 of 32 random bytes'
    if (rules.isGiven) return new Secret(randomBytes(secretBytes).toString('base64'))
    if (rules.mayBeRandom)
      report.warning(path, 'not set, so a random one is used; everybody has to sign in again after a restart')
    else report.error(path, `${what}, the same for all services; make one with \`postern keys new\``)
    return new Secret(randomBytes(secretBytes).toString('base64'))
  }
  const weakness = weaknessOf(text)
  if (weakness !== undefined) report.error(path, weakness)
  return new Secret(text)
}

/** Further secrets, separated by white space; each has to be as good as the first. */
export function readAcceptedSecrets(text: string | undefined, path: ConfigPath, report: Report): Secret[] {
  const texts = text?.split(/\s+/).filter((part) => part !== '') ?? []
  for (const [index, part] of texts.entries()) {
    const weakness = weaknessOf(part)
    if (weakness !== undefined) report.error(path, `secret ${String(index + 1)}: ${weakness}`)
  }
  return texts.map((part) => new Secret(part))
}

/** PEM private keys, raw or base64; `derived` where none is given. */
export function readSigningKey(text: string | undefined, path: ConfigPath, report: Report): SigningKeyConfig {
  if (text === undefined) return { kind: 'derived' }
  const compact = text.replace(/\s+/g, '')
  const pem = isBase64(compact) ? Buffer.from(compact, 'base64').toString('utf8') : text
  const blocks = pem.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g) ?? []
  if (blocks.length === 0) report.error(path, 'expected PEM private keys, or base64 of them')
  for (const [index, block] of blocks.entries()) {
    const problem = problemOfKey(block)
    if (problem !== undefined) report.error(path, `key ${String(index + 1)}: ${problem}`)
  }
  return { kind: 'pem', pem: new Secret(pem) }
}

function problemOfKey(pem: string): string | undefined {
  const key = parsePrivateKey(pem)
  if (key === undefined) return 'not a private key that can be read'
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return undefined
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return undefined
  return 'expected an EC key on P-256, or an RSA key of at least 2048 bits'
}

export function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // the reason may quote the key; "cannot be read" is all that is told
  }
}
