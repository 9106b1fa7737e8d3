import type { ProxyRoute, ServerlessConfig } from '@postern/shared/config/model.ts'
import type { IdTokenSource } from '@postern/proxy/google-identity/id-token-source.ts'
import type { Check, CheckContext } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { unlessAborted } from '../probe/connect.ts'
import { explainFailure } from '../probe/failure-text.ts'
import { frontEndVerdict, serviceAt } from '../probe/google-front-end.ts'
import { ask, type HttpAnswer } from '../probe/http.ts'
import { accountIn } from './google-credential.ts'
import { tlsOf } from './upstream-tls.ts'

export interface ServerlessUpstream {
  readonly url: URL
  readonly serverless: ServerlessConfig
  readonly tls: ProxyRoute['upstreamTls']
}

const invoker = 'roles/run.servicesInvoker'

/** Is it private, and may we invoke it: asked once without a token and once with one. */
export function serverlessUpstreamCheck(upstream: ServerlessUpstream, tokens: Pick<IdTokenSource, 'idToken'>): Check {
  return {
    group: 'upstreams',
    about: upstream.url.origin,
    run: async (context) => {
      const anonymous = await askUpstream(upstream, context)
      if (anonymous.kind === 'failed') {
        const { says, advice } = explainFailure(anonymous)
        return [problem(`cannot be reached: ${says}`, advice)]
      }
      const verdict = frontEndVerdict(anonymous)
      if (verdict === 'no-service') return [noService(upstream)]
      const privacy = privacyOf(upstream, anonymous)
      return [privacy, ...(await invocation(upstream, tokens, context))]
    },
  }
}

async function askUpstream({ url, tls }: ServerlessUpstream, context: CheckContext, headers = {}) {
  const { clock, clocks, lookup, signal } = context
  const now = (): number => clock.now().getTime()
  const answer = await ask({ url, headers, tls: tlsOf(tls) }, { lookup, signal, now })
  if (answer.kind === 'answered' && frontEndVerdict(answer) !== 'passed')
    clocks.addDate(`Google (${url.hostname})`, answer.headers.date, answer.sentMs, answer.answeredMs)
  return answer
}

function noService({ url }: ServerlessUpstream): Told {
  const { region } = serviceAt(url)
  const list = `gcloud run services list${region === 'REGION' ? '' : ` --region ${region}`}`
  return problem(
    'Google answers 404: there is no service at this address, or its ingress setting does not let this machine in',
    `Compare the address with: ${list}. With ingress internal, run this from where the proxy runs.`,
  )
}

function privacyOf({ url }: ServerlessUpstream, answer: HttpAnswer): Told {
  const verdict = frontEndVerdict(answer)
  const { status } = answer
  if (verdict !== 'passed') return ok(`is private: Google refuses an anonymous request with ${String(status)}`)
  const { service, region, hint } = serviceAt(url)
  const place = `${service} --region ${region}`
  const close = `gcloud run services remove-iam-policy-binding ${place} --member allUsers --role roles/run.invoker${hint}`
  if (status === 401 || status === 403)
    return warning(
      `an anonymous request gets ${String(status)}, but not from Google: the application itself may be answering`,
      `See whether allUsers may invoke it, and if so: ${close}`,
    )
  return problem(
    `is not private: an anonymous request gets ${String(status)}, so anybody goes past Postern and its policy`,
    `${close}; if the check is turned off altogether: gcloud run services update ${place} --invoker-iam-check`,
  )
}

async function invocation(
  upstream: ServerlessUpstream,
  tokens: Pick<IdTokenSource, 'idToken'>,
  context: CheckContext,
): Promise<readonly Told[]> {
  const { audience, header } = upstream.serverless
  let token: string
  try {
    token = await unlessAborted(tokens.idToken(audience), context.signal)
  } catch {
    return [warning('not asked with a token, for none could be had', 'See above, under Google credentials.')]
  }
  const bearer = `Bearer ${token}`
  const names = header === 'both' ? ['authorization', 'x-serverless-authorization'] : [header]
  const answer = await askUpstream(upstream, context, Object.fromEntries(names.map((name) => [name, bearer])))
  if (answer.kind === 'failed') {
    const { says, advice } = explainFailure(answer)
    return [problem(`did not answer a request with a token: ${says}`, advice)]
  }
  return [invocationVerdict(upstream, answer, accountIn(token) ?? 'ACCOUNT')]
}

function invocationVerdict(
  { url, serverless: { audience } }: ServerlessUpstream,
  answer: HttpAnswer,
  account: string,
): Told {
  const { service, region, hint } = serviceAt(url)
  const place = `${service} --region ${region}`
  switch (frontEndVerdict(answer)) {
    case 'passed':
      return ok(`lets ${account} in: a request with its token reaches the service (${String(answer.status)})`)
    case 'no-service':
      return problem('Google answers 404 to a request with a token', 'Check the address of the service.')
    case 'forbidden':
      return problem(
        `IAM: ${account} may not invoke it (403)`,
        `gcloud run services add-iam-policy-binding ${place} --member ${member(account)} --role ${invoker}${hint}. It takes a few minutes to count.`,
      )
    case 'unauthorized':
      return problem(
        `does not accept a token for ${audience} (401): that is not the audience it expects`,
        `Set google_cloud_serverless_authentication_audience to the service's own URL, or have the service accept this one: gcloud run services update ${place} --add-custom-audiences ${audience}${hint}. If the audience is right, see the clock below.`,
      )
  }
}

function member(account: string): string {
  return account.endsWith('.gserviceaccount.com') ? `serviceAccount:${account}` : `user:${account}`
}
