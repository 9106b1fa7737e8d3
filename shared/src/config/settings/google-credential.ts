import type { ConfigPath } from '../config-issue.ts'
import { UnusableCredential, readCredential } from '../../google-identity/parse-credential.ts'
import type { ParsedCredential } from '../../google-identity/parse-credential.ts'
import { Secret } from '../../secret.ts'
import type { GoogleCredential } from '../model.ts'
import type { Report } from '../read/report.ts'
import { isBase64 } from '../source/route-list-variable.ts'
import { readNamedFile } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import type { SecretText } from './secret-texts.ts'

const variable = 'GOOGLE_APPLICATION_CREDENTIALS'

/**
 * What mints ID tokens for upstreams: the credential that the configuration gives; else the file that Google's own variable
 * names, where a route needs a token; else what the environment offers. What a credential holds is checked here and printed
 * nowhere.
 */
export function readGoogleCredential(given: SecretText, assembly: Assembly): GoogleCredential {
  const { report, platform, routes } = assembly
  if (given.given) {
    warnOfReaders(assembly, given.file, given.path)
    if (given.text === undefined) return { kind: 'ambient' }
    const json = decode(given.text)
    if (json === undefined) report.error(given.path, 'expected the JSON of a Google credential, or base64 of it')
    else checkCredential(json, given.path, report)
    return json === undefined ? { kind: 'ambient' } : { kind: 'json', json: new Secret(json) }
  }
  const file = platform.googleCredentialsFile
  const isNeeded = routes.some(({ values }) => values.enable_google_cloud_serverless_authentication)
  if (file === undefined || !isNeeded) return { kind: 'ambient' }
  const path = [`$${variable}`]
  const json = readNamedFile(assembly, file, path)
  if (json === undefined) return { kind: 'ambient' }
  warnOfReaders(assembly, file, path)
  const credential = checkCredential(json, path, report)
  if (credential?.type === 'authorized_user')
    report.warning(path, 'ID tokens of a person have gcloud’s own audience, which Cloud Run does not accept by itself')
  return { kind: 'json', json: new Secret(json) }
}

function decode(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return trimmed
  const compact = trimmed.replace(/\s+/g, '')
  return isBase64(compact) ? Buffer.from(compact, 'base64').toString('utf8').trim() : undefined
}

/** A person's own credential is for development: it may be what gcloud left, but not what a configuration names. */
function checkCredential(json: string, path: ConfigPath, report: Report): ParsedCredential | undefined {
  try {
    const credential = readCredential(new Secret(json))
    if (credential.type === 'authorized_user' && path[0] !== `$${variable}`)
      report.error(
        path,
        'a person’s credential (authorized_user) is not for a service; expected that of a service account',
      )
    return credential
  } catch (error) {
    if (!(error instanceof UnusableCredential)) throw error
    report.error(path, `the Google credential cannot be used: ${error.message}`)
    return undefined
  }
}

/** In a container nobody else is there to read it, and volumes are often readable by all. */
function warnOfReaders(
  { report, platform, isReadableByAll }: Assembly,
  file: string | undefined,
  path: ConfigPath,
): void {
  if (file === undefined || platform.isContainer || !isReadableByAll(file)) return
  report.warning(path, `everybody on this machine can read ${file}; make it readable by this user alone (chmod 600)`)
}
