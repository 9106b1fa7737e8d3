import { GoogleAuth, gaxios } from 'google-auth-library'
import type { SecretReference } from './secret-reference.ts'

/** The content of a secret, or why there is none, as a sentence that holds nothing of it. */
export type AccessedSecret =
  { readonly kind: 'ok'; readonly text: string } | { readonly kind: 'failed'; readonly why: string }

export type AccessSecret = (reference: SecretReference) => Promise<AccessedSecret>

const timeoutMs = 10_000
/** A secret holds at most 64 KiB; its base64 and the rest of the answer come on top. */
const maxAnswerBytes = 256 * 1024
const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/**
 * Secret Manager's `access`, over REST with the ambient Google credentials: `GOOGLE_APPLICATION_CREDENTIALS`, gcloud, or
 * the metadata server. `send` replaces the network.
 */
export function secretManager(send?: typeof fetch): AccessSecret {
  return async (reference) => {
    const { project, secret, version } = reference
    const url = `https://secretmanager.googleapis.com/v1/projects/${project}/secrets/${secret}/versions/${version}:access`
    const transporter = new gaxios.Gaxios({
      timeout: timeoutMs,
      maxContentLength: maxAnswerBytes,
      ...(send === undefined ? {} : { fetchImplementation: send }),
    })
    // With the project given, the library does not go looking for one.
    const auth = new GoogleAuth({ scopes, projectId: project, clientOptions: { transporter } })
    let isSigned = false
    try {
      const client = await within(auth.getClient())
      const headers = await within(client.getRequestHeaders(url))
      isSigned = true
      const { data } = await within(transporter.request<Answer>({ url, headers, timeout: timeoutMs, retry: true }))
      return decode(data)
    } catch (error) {
      return { kind: 'failed', why: isSigned ? describeAnswer(error) : describeCredentials(error) }
    }
  }
}

interface Answer {
  readonly payload?: { readonly data?: unknown }
}

function decode(answer: Answer): AccessedSecret {
  const data = answer.payload?.data
  if (typeof data !== 'string') return { kind: 'failed', why: 'Secret Manager’s answer holds no payload' }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'))
    return { kind: 'ok', text }
  } catch {
    return { kind: 'failed', why: 'the secret is not UTF-8 text' }
  }
}

/** The library's errors quote requests and answers, tokens included, so only the status is told. */
function describeAnswer(error: unknown): string {
  const status = statusOf(error)
  if (status === undefined)
    return 'Secret Manager did not answer; check that this machine reaches https://secretmanager.googleapis.com'
  return `Secret Manager answered ${String(status)}: ${advice[status] ?? 'try again'}`
}

const advice: Readonly<Record<number, string>> = {
  400: 'the version is disabled or destroyed, or the name is not legal',
  401: 'the Google credentials of this process are not accepted',
  403: 'grant roles/secretmanager.secretAccessor on the secret to the service account of this process, and enable the Secret Manager API',
  404: 'there is no such secret, or no such version of it, in this project',
  429: 'the quota of Secret Manager is used up; try again',
}

function describeCredentials(error: unknown): string {
  const status = statusOf(error)
  const said = status === undefined ? '' : ` (${String(status)})`
  return `no Google credentials were found or accepted${said}; give this workload a service account, or set GOOGLE_APPLICATION_CREDENTIALS`
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { status, code } = error as { status?: unknown; code?: unknown }
  if (typeof status === 'number') return status
  return typeof code === 'number' ? code : undefined
}

/** The library may wait for the metadata server without end. */
async function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined) // nobody listens to what comes later
  }
}
