import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js'
import { catalogue, isErrorCode, type ErrorCode } from '../errors/catalogue.ts'
import { PosternError } from '../errors/postern-error.ts'

const codeTrailer = 'postern-error'

/**
 * How an error crosses the wire: our code in a trailer, the catalogue's sentence as details, nothing internal.
 * What is not a `PosternError` is a bug and crosses as INTERNAL without a code.
 */
export function statusOf(error: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata()
  if (!(error instanceof PosternError)) return { code: status.INTERNAL, details: 'internal error', metadata }
  metadata.set(codeTrailer, error.code)
  return { code: grpcCode(error.code), details: catalogue[error.code].says, metadata }
}

// PERMISSION_DENIED (7) and UNAUTHENTICATED (16) are left to infrastructure: only a caller that may not call gets one.
function grpcCode(code: ErrorCode): status {
  if (code === 'CALLER_REFUSED') return status.UNAUTHENTICATED
  const { http } = catalogue[code]
  if (http === 503) return status.UNAVAILABLE
  if (http === 504) return status.DEADLINE_EXCEEDED
  return http < 500 ? status.FAILED_PRECONDITION : status.INTERNAL
}

/** What a caller makes of a failed call, per service called. */
export interface CallFailureCodes {
  /** The service cannot be reached, refused us, or failed without naming one of our codes. */
  readonly unavailable: ErrorCode
  /** The service did not answer in time. */
  readonly deadline: ErrorCode
}

/**
 * The error behind a failed call. gRPC's PERMISSION_DENIED and UNAUTHENTICATED mean that *this service* may not call
 * (a wrong certificate, IAM): trouble of the infrastructure, never a refusal of the person.
 */
export function errorFromStatus(error: ServiceError, codes: CallFailureCodes): PosternError {
  const detail = `gRPC ${status[error.code]}: ${error.details}`
  if (error.code === status.PERMISSION_DENIED || error.code === status.UNAUTHENTICATED) {
    return new PosternError(codes.unavailable, `the caller was refused, ${detail}`, { cause: error })
  }
  const named = error.metadata.get(codeTrailer)[0]
  if (typeof named === 'string' && isErrorCode(named) && named !== 'CALLER_REFUSED') {
    return new PosternError(named, `answered by the service called, ${detail}`, { cause: error })
  }
  const code = error.code === status.DEADLINE_EXCEEDED ? codes.deadline : codes.unavailable
  return new PosternError(code, detail, { cause: error })
}
