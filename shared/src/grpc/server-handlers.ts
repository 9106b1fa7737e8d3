import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  Metadata,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { PosternError } from '../errors/postern-error.ts'
import type { Logger } from '../log/logger.ts'
import { callerOf } from './caller-guard.ts'
import { maxCallMs } from './limits.ts'
import type { DuplexMethod } from './duplex.ts'
import type { AnyMethod, GrpcService } from './service.ts'
import { statusOf } from './status.ts'
import type { CallContext, UnaryMethod } from './unary.ts'

/** Our methods as `@grpc/grpc-js` wants them. Exceptions end here. */
export function grpcHandlers(service: GrpcService, log: Logger): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(service.methods).map(([name, method]) => [name, grpcHandler(name, method, log)]),
  )
}

function grpcHandler(name: string, method: AnyMethod, log: Logger): UntypedHandleCall {
  return method.kind === 'unary' ? unaryHandler(name, method, log) : duplexHandler(name, method, log)
}

function unaryHandler<Request, Response>(
  name: string,
  method: UnaryMethod<Request, Response>,
  log: Logger,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const context = contextOf(call.metadata, call.getDeadline())
    const answer = async (): Promise<Response> => await method.handler(call.request, context)
    answer().then(
      (response) => callback(null, response),
      (error: unknown) => {
        recordFailure(log, name, error)
        callback(statusOf(error))
      },
    )
  }
}

function duplexHandler<Request, Response>(
  name: string,
  method: DuplexMethod<Request, Response>,
  log: Logger,
): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    let open = true
    const listener = method.open({
      caller: callerOf(call.metadata),
      write: (message) => open && call.write(message),
      end: () => {
        if (open) call.end()
      },
    })
    const close = (): void => {
      if (!open) return
      open = false
      listener.closed()
    }
    call.on('data', (message: Request) => listener.message(message))
    call.on('end', () => listener.ended())
    call.on('cancelled', close)
    call.on('close', close)
    call.on('finish', close)
    call.on('error', (error: Error) => {
      log.warn({ error, method: name }, 'a gRPC stream broke')
      close()
    })
  }
}

function contextOf(metadata: Metadata, deadline: Date | number): CallContext {
  const left = Number(deadline) - Date.now()
  return { caller: callerOf(metadata), deadlineMs: Math.max(0, Math.min(left, maxCallMs)) }
}

// A PosternError is expected and its meaning crosses the wire; the caller logs it. Anything else is a bug of ours.
function recordFailure(log: Logger, method: string, error: unknown): void {
  if (error instanceof PosternError && error.code !== 'INTERNAL') {
    log.debug({ method, code: error.code }, 'a gRPC call was answered with an error')
  } else {
    log.error({ method, error }, 'a gRPC handler failed')
  }
}
