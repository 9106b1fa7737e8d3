import { hash } from 'node:crypto'
import type { ConfigPath } from '../config-issue.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { ServiceName } from '../model.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from '../routes/route-draft.ts'
import type { SecretTexts } from './secret-texts.ts'
import { whyUnreadable } from '../why-unreadable.ts'

/** What the slices are cut from. */
export interface Assembly {
  readonly values: GlobalValues
  /** Whether a key stands there, be its value right or wrong. */
  readonly given: (key: keyof GlobalValues) => boolean
  readonly routes: readonly RouteDraft[]
  readonly secrets: SecretTexts
  /** What runs in this process. */
  readonly services: readonly ServiceName[]
  /** All three run here: sockets between them are private, and nothing has to survive this process. */
  readonly allInOne: boolean
  readonly platform: Platform
  readonly revision: string
  readonly report: Report
  readonly readFile: (path: string) => string
  readonly isReadableByAll: (path: string) => boolean
  /** Digests of files whose content is read once, when a service starts, by key. */
  readonly filesReadOnce: Map<string, string>
  /** Random secrets by key. */
  readonly generated: Map<string, string>
}

/** What the platform says about itself. */
export interface Platform {
  /** `PORT`: where it expects plain HTTP, or gRPC. */
  readonly port: number | undefined
  /** `K_SERVICE` is set, or `CLOUD_RUN_JOB` for a job: Cloud Run. */
  readonly isCloudRun: boolean
  /** Cloud Run or Kubernetes. */
  readonly isContainer: boolean
  /** `GOOGLE_APPLICATION_CREDENTIALS`. */
  readonly googleCredentialsFile: string | undefined
}

export function readPlatform(env: Readonly<Record<string, string | undefined>>, report: Report): Platform {
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== ''
  const isCloudRun = isSet('K_SERVICE') || isSet('CLOUD_RUN_JOB')
  return {
    port: readPort(env['PORT'], report),
    isCloudRun,
    isContainer: isCloudRun || isSet('KUBERNETES_SERVICE_HOST'),
    googleCredentialsFile: isSet('GOOGLE_APPLICATION_CREDENTIALS') ? env['GOOGLE_APPLICATION_CREDENTIALS'] : undefined,
  }
}

function readPort(text: string | undefined, report: Report): number | undefined {
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port > 0 && port <= 65_535) return port
  report.error(['$PORT'], 'this is not a port number from 1 to 65535')
  return undefined
}

/** A reader throws it for files that it is not to look at: they may be elsewhere, in a pod. Then nothing is said about them. */
export class FileNotLookedAt extends Error {
  override readonly name = 'FileNotLookedAt'
}

/** Like `readNamedFile`, for a file that whoever uses it reads once, at the start. */
export function noteFileReadOnce(assembly: Assembly, file: string, path: ConfigPath): void {
  const content = readNamedFile(assembly, file, path)
  if (content !== undefined) assembly.filesReadOnce.set(path.join('.'), hash('sha256', content))
}

/** Reads a file that a key names; says at that key when it cannot be read. */
export function readNamedFile(
  { readFile, report }: Pick<Assembly, 'readFile' | 'report'>,
  file: string,
  path: ConfigPath,
): string | undefined {
  try {
    return readFile(file)
  } catch (error) {
    if (error instanceof FileNotLookedAt) return undefined
    report.error(path, `the file ${file} ${whyUnreadable(error)}`)
    return undefined
  }
}
