import { X509Certificate } from 'node:crypto'
import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js'
import type { GrpcSecurity, ServiceName } from '../config/model.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Logger } from '../log/logger.ts'
import type { GoogleCallers } from './google-callers.ts'
import type { ServiceTokens } from './service-tokens.ts'
import { statusOf } from './status.ts'
import type { Caller } from './unary.ts'

const callerKey = 'postern-caller'
const healthCheckPath = '/grpc.health.v1.Health/Check'

/** Who calls, as the guard found out; whatever the wire said under this name was overwritten. */
export function callerOf(metadata: Metadata): Caller {
  return metadata.get(callerKey)[0] as Caller
}

/** The peer of one call: what its transport proved and what it brought. */
export interface Peer {
  /** The verified client certificate, DER; `undefined` without mutual TLS. */
  readonly certificate: Buffer | undefined
  /** The value of the `authorization` metadata. */
  readonly authorization: string | undefined
}

/** Finds out who calls; `undefined` when it is nobody who may. */
export type CallerCheck = (peer: Peer) => Promise<Caller | undefined> | Caller | undefined

export interface CallerGuardDeps {
  readonly security: GrpcSecurity
  readonly allowedCallers: readonly ServiceName[]
  /** Only for shared-secret security. */
  readonly tokens: ServiceTokens | undefined
  /** Only for Google's tokens. */
  readonly google?: GoogleCallers | undefined
  /** For methods that not every allowed caller may call, by their path. */
  readonly restricted?: ReadonlyMap<string, CallerCheck>
  readonly log: Logger
}

/** How the configured security recognises callers. */
export function callerCheck(deps: Omit<CallerGuardDeps, 'log' | 'restricted'>): CallerCheck {
  const { security, allowedCallers, tokens, google } = deps
  switch (security.kind) {
    case 'insecure':
      return () => 'local'
    case 'mtls':
      return ({ certificate }) => certificate && callerByCertificate(certificate, allowedCallers, security.clientNames)
    case 'shared-secret':
      return async ({ authorization }) => {
        const caller = authorization === undefined ? undefined : await tokens?.verify(authorization)
        return caller !== undefined && allowedCallers.includes(caller) ? caller : undefined
      }
    case 'google':
      return ({ authorization }) => google?.callerOf(authorization)
  }
}

/** The first allowed service that one of the certificate's DNS names (SAN only, no wildcards) stands for. */
export function callerByCertificate(
  certificate: Buffer,
  allowedCallers: readonly ServiceName[],
  clientNames: Readonly<Record<ServiceName, readonly string[]>>,
): ServiceName | undefined {
  const parsed = new X509Certificate(certificate)
  const names = (name: string): boolean => parsed.checkHost(name, { subject: 'never', wildcards: false }) !== undefined
  return allowedCallers.find((service) => clientNames[service].some(names))
}

function isProbedWithoutProof({ kind }: GrpcSecurity): boolean {
  return kind === 'shared-secret' || kind === 'google'
}

/**
 * Refuses every call whose caller is not recognised, before any handler sees it. Health `Check` stays open where the
 * transport itself asks for no certificate: platforms' probes carry no token, and the answer is one word.
 */
export function callerGuard({ log, restricted, ...deps }: CallerGuardDeps): ServerInterceptor {
  const general = callerCheck(deps)
  const answerOf = async (ask: () => ReturnType<CallerCheck>): Promise<Caller | undefined> => await ask()
  return (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const admit = (caller: Caller | undefined): void => {
              if (caller !== undefined || (method.path === healthCheckPath && isProbedWithoutProof(deps.security))) {
                metadata.set(callerKey, caller ?? 'local')
                proceed(metadata)
                return
              }
              log.warn({ method: method.path, peer: call.getPeer() }, 'a gRPC caller was refused')
              call.sendStatus(statusOf(new PosternError('CALLER_REFUSED', 'not an allowed caller')))
            }
            const peer = {
              certificate: call.getAuthContext().sslPeerCertificate?.raw,
              authorization: metadata.get('authorization')[0]?.toString(),
            }
            const check = restricted?.get(method.path) ?? general
            answerOf(() => check(peer)).then(admit, (error: unknown) => {
              log.error({ error, method: method.path }, 'a gRPC caller could not be checked')
              admit(undefined)
            })
          },
        })
      },
    })
}
