import type { ProxyRoute, Upstream } from '@postern/shared/config/model.ts'
import type { Check, CheckContext } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { connect, type Destination } from '../probe/connect.ts'
import { explainFailure } from '../probe/failure-text.ts'
import { frontEndVerdict, isServerlessHost } from '../probe/google-front-end.ts'
import { ask } from '../probe/http.ts'
import { describeCertificate } from './certificate.ts'
import { tlsOf } from './upstream-tls.ts'

export interface PlainUpstream {
  readonly upstream: Upstream
  readonly tls: ProxyRoute['upstreamTls']
}

/** Can the proxy open a connection: name, port and certificate. No request is sent, but to what looks like Cloud Run. */
export function plainUpstreamCheck({ upstream, tls }: PlainUpstream): Check {
  const { url } = upstream
  return {
    group: 'upstreams',
    about: url.protocol === 'unix:' ? `unix:${url.pathname}` : url.origin,
    run: async (context) => {
      if (isServerlessHost(url.hostname)) return serverlessWithoutToken(upstream, tls, context)
      const connection = await connect(destinationOf(upstream, tls), context)
      if (connection.kind === 'failed') {
        const { says, advice } = explainFailure(connection)
        return [problem(`cannot be reached: ${says}`, advice)]
      }
      connection.socket.destroy()
      const { certificate, addresses } = connection
      const at = addresses.length === 0 ? '' : ` at ${addresses[0] ?? ''}`
      const reached = ok(`can be reached${at}${certificate === undefined ? '' : ', and its certificate is good'}`)
      const aging = certificate && describeCertificate(certificate, context.clock)
      return [aging !== undefined && aging.status !== 'ok' ? aging : reached]
    },
  }
}

function destinationOf({ url, tlsInSocket }: Upstream, tls: ProxyRoute['upstreamTls']): Destination {
  if (url.protocol === 'unix:') return { host: url.pathname, ...(tlsInSocket === true ? { tls: tlsOf(tls) } : {}) }
  const isSecure = url.protocol === 'https:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  return { host: url.hostname, port, ...(isSecure ? { tls: tlsOf(tls) } : {}) }
}

/** A route to Cloud Run without a token either finds it open to everybody, or fails for everybody. */
async function serverlessWithoutToken(
  { url }: Upstream,
  tls: ProxyRoute['upstreamTls'],
  context: CheckContext,
): Promise<readonly Told[]> {
  const now = (): number => context.clock.now().getTime()
  const answer = await ask({ url, tls: tlsOf(tls) }, { lookup: context.lookup, signal: context.signal, now })
  if (answer.kind === 'failed') {
    const { says, advice } = explainFailure(answer)
    return [problem(`cannot be reached: ${says}`, advice)]
  }
  const enable = 'Set enable_google_cloud_serverless_authentication: true on the route'
  switch (frontEndVerdict(answer)) {
    case 'forbidden':
    case 'unauthorized':
      return [
        problem(`is private (${String(answer.status)}), and the route sends it no token: nobody gets in`, `${enable}.`),
      ]
    case 'no-service':
      return [
        problem(
          'Google answers 404: there is no service at this address',
          'Compare the address with: gcloud run services list',
        ),
      ]
    case 'passed':
      return [
        warning(
          'answers everybody at its own address, so anybody can go past Postern and its policy',
          `Take roles/run.invoker from allUsers, and then: ${enable}.`,
        ),
      ]
  }
}
