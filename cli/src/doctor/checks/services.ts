import type { GrpcSecurity, GrpcTarget, ServiceName } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Check, CheckContext } from '../check.ts'
import { ok, problem, type Told } from '../finding.ts'
import { unlessAborted } from '../probe/connect.ts'
import { explainFailure } from '../probe/failure-text.ts'
import { ask } from '../probe/http.ts'

export interface CalledService {
  readonly target: GrpcTarget
  readonly self: ServiceName
  readonly service: 'authorize' | 'authenticate'
  readonly security: GrpcSecurity
}

const names = {
  authorize: 'postern.authorize.v1.Authorize',
  authenticate: 'postern.authenticate.v1.Authenticate',
} as const

const answerWithinMs = 5_000

/** Asks the health service as `self` would: with its certificate, its secret or its Google identity. */
export function calledServiceCheck({ target, self, service, security }: CalledService): Check {
  return {
    group: 'services',
    about: `${self} → ${service} at ${target.replace(/^dns:\/\/\//, '')}`,
    run: async ({ clock, signal }) => {
      const { openChannel } = await import('@postern/shared/grpc/channel.ts')
      const { connectedChannel } = await import('@postern/shared/grpc/connected-channel.ts')
      const { askHealth } = await import('@postern/shared/grpc/health-client.ts')
      const code = service === 'authorize' ? 'PDP_UNAVAILABLE' : 'AUTHENTICATE_UNAVAILABLE'
      try {
        using channel = await openChannel(target, { security, self, service, clock })
        await unlessAborted(connectedChannel([channel], 0, { unavailable: code, withinMs: answerWithinMs }), signal)
        const options = { unavailable: code, deadline: code, timeoutMs: answerWithinMs } as const
        const status = await unlessAborted(askHealth(channel, names[service], options), signal)
        return [status === 'SERVING' ? ok(`${service} answers, and is serving`) : notServing(service, status)]
      } catch (error) {
        return [refusal(error, service, security)]
      }
    },
  }
}

function notServing(service: ServiceName, status: string): Told {
  return problem(
    `${service} answers, and says ${status}`,
    service === 'authorize' ? 'It waits for Redis, or drains: see its log.' : 'See the log of authenticate.',
  )
}

function refusal(error: unknown, service: ServiceName, security: GrpcSecurity): Told {
  const detail = error instanceof PosternError ? error.message : 'no answer in time'
  const says = `${service} cannot be asked: ${detail.replace(/^[A-Z_]+: /, '')}`
  if (/UNAUTHENTICATED|PERMISSION_DENIED|HTTP status code 40[13]/.test(detail))
    return problem(says, proofs[security.kind])
  if (security.kind === 'google' && /no token could be had/.test(detail))
    return problem(says, 'Run this where the services run: Google gives these tokens on Google Cloud alone.')
  if (security.kind === 'mtls' && /certificate|TLS|SSL/i.test(detail)) return problem(says, proofs.mtls)
  return problem(says, `Check the address, that ${service} runs, and that the network lets this machine in.`)
}

const proofs: Readonly<Record<GrpcSecurity['kind'], string>> = {
  mtls: 'Compare both sides: certificates of grpc_tls by one authority, and the name in ours among its client_names.',
  'shared-secret': 'Give both sides the same shared_secret.',
  google:
    'Grant roles/run.servicesInvoker on that service to our service account, list the account in grpc_google.callers, and compare the audience.',
  insecure: 'Plain text is for this machine alone: set grpc_tls or grpc_authentication on both sides.',
}

/** Where the proxy hands on what people open at authenticate. */
export function internalAuthenticateCheck(internal: URL, authenticateUrl: URL): Check {
  return {
    group: 'services',
    about: `proxy → authenticate at ${internal.host}`,
    run: async (context: CheckContext) => {
      const { clock, lookup, signal } = context
      const url = new URL('/ping', internal)
      const headers = { host: authenticateUrl.host }
      const answer = await ask({ url, headers }, { lookup, signal, now: () => clock.now().getTime() })
      if (answer.kind === 'failed') {
        const { says, advice } = explainFailure(answer)
        return [problem(`authenticate cannot be reached: ${says}`, advice)]
      }
      if (answer.status === 200) return [ok('authenticate answers the proxy')]
      return [
        problem(
          `answers ${String(answer.status)} to /ping`,
          'Lead authenticate_internal_service_url to the public listener of authenticate, not to its gRPC port.',
        ),
      ]
    },
  }
}
