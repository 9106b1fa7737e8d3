import type { Check } from '../check.ts'
import { ok, problem, type Told } from '../finding.ts'
import { explainFailure } from '../probe/failure-text.ts'
import { ask, type HttpAnswer } from '../probe/http.ts'
import { describeCertificate } from './certificate.ts'

export interface PublicHost {
  /** With `*` for a wildcard. */
  readonly origin: string
  readonly authenticateUrl: URL
  readonly isAuthenticate: boolean
  /** Whether clients have to show a certificate, which we do not have. */
  readonly wantsClientCertificate: boolean
}

const wellKnown = '/.well-known/pomerium'

/** Does the name lead here: DNS, the certificate, and who answers. Asks from this machine, as a browser next to it would. */
export function publicHostCheck(host: PublicHost): Check {
  const url = new URL(wellKnown, host.origin.replace('*', 'postern-doctor'))
  return {
    group: 'hosts',
    about: host.origin,
    run: async ({ clock, lookup, signal }): Promise<readonly Told[]> => {
      const answer = await ask({ url }, { lookup, signal, now: () => clock.now().getTime() })
      if (answer.kind === 'failed') return [failure(host, url, answer)]
      const { certificate } = answer
      return [whoAnswers(host, answer), ...(certificate === undefined ? [] : [describeCertificate(certificate, clock)])]
    },
  }
}

function failure({ wantsClientCertificate }: PublicHost, url: URL, failed: Parameters<typeof explainFailure>[0]): Told {
  if (wantsClientCertificate && failed.step !== 'dns' && failed.step !== 'tcp')
    return ok('asks for a client certificate, and hangs up without one')
  return problem(explainFailure(failed).says, adviceFor(failed, url))
}

function adviceFor(failed: Parameters<typeof explainFailure>[0], { hostname }: URL): string {
  const lead =
    'to the load balancer, to ghs.googlehosted.com where a Cloud Run domain mapping serves it, or to this machine'
  if (failed.code === 'ENOTFOUND' || failed.code === 'ENODATA')
    return `Add a DNS record for ${hostname} that leads ${lead}.`
  if (failed.code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `Get a certificate for ${hostname}, and have what ends TLS serve it; or the DNS record leads elsewhere: it should lead ${lead}.`
  return explainFailure(failed).advice
}

function whoAnswers({ authenticateUrl, isAuthenticate }: PublicHost, answer: HttpAnswer): Told {
  const { status, headers, addresses } = answer
  const callback = status === 200 ? callbackIn(answer) : undefined
  const expected = new URL('/oauth2/callback', authenticateUrl).href
  if (callback === expected) return ok(`Postern answers (${addresses[0] ?? ''})`)
  if (callback !== undefined)
    return problem(
      `another Postern or Pomerium answers, whose authenticate host is ${new URL(callback).host}`,
      'Check where the DNS record leads, and which configuration runs there.',
    )
  if (headers['x-pomerium-intercepted-response'] === 'true')
    return problem(
      `Postern answers ${String(status)}: what runs there does not know this host`,
      isAuthenticate
        ? 'Have the proxy front authenticate (authenticate_internal_service_url), or lead the name to authenticate itself.'
        : 'Deploy this configuration there, or see in its log why a reload was refused.',
    )
  const { server: name } = headers
  const server = typeof name === 'string' ? `, server: ${printable(name)}` : ''
  return problem(
    `something else answers (${String(status)}${server}, at ${addresses[0] ?? ''})`,
    'Lead the DNS record to Postern: who opens this host now is not asked who they are.',
  )
}

function callbackIn({ body }: HttpAnswer): string | undefined {
  try {
    const document: unknown = JSON.parse(body)
    const callback =
      typeof document === 'object' && document !== null && 'authentication_callback_endpoint' in document
        ? document.authentication_callback_endpoint
        : undefined
    return typeof callback === 'string' && URL.canParse(callback) ? callback : undefined
  } catch {
    return undefined
  }
}

/** Strangers' text goes to a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)
}
