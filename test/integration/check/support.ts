import { EventEmitter, once } from 'node:events'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import { serveGrpc, type GrpcServer, type GrpcServerOptions } from '@postern/shared/grpc/server.ts'
import { grpcService } from '@postern/shared/grpc/service.ts'
import { targetOf } from '@postern/shared/grpc/target.ts'
import { unary } from '@postern/shared/grpc/unary.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { decodeQuestion } from '@postern/shared/wire/check-request.ts'
import { encodeAnswer } from '@postern/shared/wire/check-response.ts'
import { CheckStreams, type AnswerCheck } from '../../../services/authorize/src/check-streams.ts'
import type {
  AccessChecker,
  AccessCheckerConfig,
  AccessCheckerDeps,
} from '../../../services/proxy/src/check/access-checker.ts'
import { openAccessChecker } from '../../../services/proxy/src/check/open-access-checker.ts'

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }

/** An authorize that answers as a test says, over real gRPC. */
export interface ScriptedAuthorize extends AsyncDisposable {
  readonly target: string
  readonly server: GrpcServer
  readonly streams: CheckStreams
  /** Questions in the order in which they came. */
  readonly asked: readonly CheckQuestion[]
  /** Resolves when this many questions have come. */
  askedAtLeast(count: number): Promise<void>
}

export async function startScriptedAuthorize(
  answer: AnswerCheck,
  options: Partial<GrpcServerOptions> = {},
): Promise<ScriptedAuthorize> {
  const asked: CheckQuestion[] = []
  const events = new EventEmitter()
  const recorded: AnswerCheck = (question, deadlineMs) => {
    asked.push(question)
    events.emit('asked')
    return answer(question, deadlineMs)
  }
  const streams = new CheckStreams(recorded, 'r1')
  const server = await serveGrpc({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    security: { kind: 'insecure' },
    self: 'authorize',
    allowedCallers: ['proxy'],
    log: quiet,
    drainMs: 2_000,
    services: [
      grpcService(
        authorizeService,
        {
          Check: unary(async (request, { deadlineMs }) => {
            return encodeAnswer(await recorded(decodeQuestion(request), deadlineMs))
          }),
          CheckStream: streams.method,
          DescribeSession: unary(() => Promise.resolve({ signedIn: false })),
          CreateSignOutUrl: unary(() => Promise.resolve({ url: 'https://authenticate.example.com/' })),
          CreateSignInUrl: unary(() => Promise.resolve({ url: 'https://authenticate.example.com/', binding: '' })),
          GetKeySet: unary(() => Promise.resolve({ jwksJson: '{"keys":[]}' })),
        },
        () => streams.drain(),
      ),
    ],
    ...options,
  })
  return {
    target: targetOf(server.address),
    server,
    streams,
    asked,
    askedAtLeast: async (count) => {
      while (asked.length < count) await once(events, 'asked')
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export async function openChecker(
  targets: readonly string[],
  config: Partial<AccessCheckerConfig> = {},
  deps: Partial<AccessCheckerDeps> = {},
): Promise<AccessChecker> {
  const grpc = { security: { kind: 'insecure' }, clientTimeoutMs: 2_000 } as const
  return openAccessChecker(
    { authorizeTargets: targets, checkMode: 'stream', checkTimeoutMs: 2_000, grpc, ...config },
    { log: quiet, ...deps },
  )
}

/** A question that differs from others in its path. */
export function questionFor(path: string): CheckQuestion {
  return {
    routeId: 'route',
    configRevision: 'r1',
    requestId: path,
    facts: {
      method: 'GET',
      host: 'hello.example.com',
      path,
      query: '',
      headers: new Map(),
      clientAddress: '203.0.113.7',
      clientCertificate: undefined,
    },
    credential: undefined,
    signInBinding: undefined,
  }
}

/** An allow that names the path it is about, so that a mixed-up answer is seen. */
export function allowFor(path: string): CheckAnswer {
  return { kind: 'allow', reasons: ['accept'], setHeaders: [['x-path', path]], removeHeaders: [], session: undefined }
}

export const allowAll: AnswerCheck = ({ facts }) => Promise.resolve(allowFor(facts.path))

export function pathOf(answer: CheckAnswer): string | undefined {
  return answer.kind === 'allow' ? answer.setHeaders[0]?.[1] : undefined
}

/** Checks until each of these has been asked, so that a test starts with its streams open. */
export async function untilReady(checker: AccessChecker, ...servers: readonly ScriptedAuthorize[]): Promise<void> {
  await checker.check(questionFor('/ready'))
  while (servers.some(({ asked }) => asked.length === 0)) await checker.check(questionFor('/ready'))
}
