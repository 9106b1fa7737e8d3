import type { ConfigPath } from '../config-issue.ts'
import { isLoopbackHost } from '../listen-address.ts'
import type { GoogleCredential } from '../model.ts'
import { isMapping } from '../read/read-keys.ts'
import type { Report } from '../read/report.ts'
import { Secret } from '../../secret.ts'
import { isBase64 } from '../source/route-list-variable.ts'
import { parsePrivateKey } from './secrets.ts'

/** JSON or base64 of it. What it holds is checked here and printed nowhere. */
export function readGoogleCredential(text: string | undefined, path: ConfigPath, report: Report): GoogleCredential {
  if (text === undefined) return { kind: 'ambient' }
  const json = decode(text)
  const credential = json === undefined ? undefined : parseObject(json)
  if (json === undefined || credential === undefined) {
    report.error(path, 'expected the JSON of a Google credential, or base64 of it')
    return { kind: 'ambient' }
  }
  const problem = problemOf(credential)
  if (problem !== undefined) report.error(path, problem)
  return { kind: 'json', json: new Secret(json) }
}

function decode(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return trimmed
  const compact = trimmed.replace(/\s+/g, '')
  return isBase64(compact) ? Buffer.from(compact, 'base64').toString('utf8').trim() : undefined
}

function parseObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isMapping(value) ? value : undefined
  } catch {
    return undefined
  }
}

type Credential = Readonly<Record<string, unknown>>

const checks: Readonly<Record<string, (credential: Credential) => string | undefined>> = {
  service_account: (credential) => {
    const missing = missingText(credential, 'client_email', 'private_key')
    if (missing !== undefined) return missing
    if (parsePrivateKey(String(credential['private_key'])) === undefined)
      return 'the credential’s private_key cannot be read'
    const tokenUri = credential['token_uri']
    return tokenUri === undefined || isSafeUrl(tokenUri)
      ? undefined
      : 'the credential’s token_uri must begin with https://'
  },
  // The library does not check where it sends subject tokens, so this does.
  external_account: (credential) => {
    const missing = missingText(credential, 'audience', 'subject_token_type', 'token_url')
    if (missing !== undefined) return missing
    if (!isMapping(credential['credential_source'])) return 'the credential lacks credential_source'
    if (!isGoogleUrl(credential['token_url'], 'sts'))
      return 'the credential’s token_url must be https://sts.googleapis.com/…'
    const impersonation = credential['service_account_impersonation_url']
    return impersonation === undefined || isGoogleUrl(impersonation, 'iamcredentials')
      ? undefined
      : 'the credential’s service_account_impersonation_url must be https://iamcredentials.googleapis.com/…'
  },
  impersonated_service_account: (credential) => {
    if (!isMapping(credential['source_credentials'])) return 'the credential lacks source_credentials'
    return isGoogleUrl(credential['service_account_impersonation_url'], 'iamcredentials')
      ? undefined
      : 'the credential’s service_account_impersonation_url must be https://iamcredentials.googleapis.com/…'
  },
}

function problemOf(credential: Credential): string | undefined {
  const type = credential['type']
  const check = typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type] : undefined
  return check === undefined
    ? `the credential’s type must be one of ${Object.keys(checks).join(', ')}`
    : check(credential)
}

function missingText(credential: Credential, ...names: string[]): string | undefined {
  const missing = names.filter((name) => typeof credential[name] !== 'string' || credential[name] === '')
  return missing.length === 0 ? undefined : `the credential lacks ${missing.join(' and ')}`
}

function isSafeUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && (url.protocol === 'https:' || isLoopbackHost(url.hostname))
}

/** `sts.googleapis.com`, `sts.<region>.rep.googleapis.com`, or the same in another universe. */
function isGoogleUrl(value: unknown, service: string): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url === null) return false
  return (url.protocol === 'https:' && url.hostname.startsWith(`${service}.`)) || isLoopbackHost(url.hostname)
}
