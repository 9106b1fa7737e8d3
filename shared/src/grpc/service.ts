import type { ServiceDefinition } from '@grpc/grpc-js'
import type { DuplexMethod } from './duplex.ts'
import type { UnaryMethod } from './unary.ts'

/** One service of a gRPC server: its contract and what answers it. */
export interface GrpcService {
  readonly definition: ServiceDefinition
  readonly methods: Readonly<Record<string, AnyMethod>>
  /** Called when the server begins to drain: long streams tell their clients. */
  readonly drain: (() => void) | undefined
}

// The contract erases the message types at run time; `grpcService` has checked them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyMethod = UnaryMethod<any, any> | DuplexMethod<any, any>

type MethodFor<Definition> = Definition extends {
  readonly requestDeserialize: (bytes: Buffer) => infer Request
  readonly responseSerialize: (response: infer Response) => Buffer
}
  ? UnaryMethod<Request, Response> | DuplexMethod<Request, Response>
  : never

type Methods<Service> = {
  readonly [Name in keyof Service as string extends Name ? never : Name]: MethodFor<Service[Name]>
}

/** Ties a contract to its methods; all of them, or it does not compile. */
export function grpcService<Service extends ServiceDefinition>(
  definition: Service,
  methods: Methods<Service>,
  drain?: () => void,
): GrpcService {
  return { definition, methods, drain }
}
