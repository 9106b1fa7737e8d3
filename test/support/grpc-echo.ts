import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
  Metadata,
} from '@grpc/grpc-js'

const bytes = (message: Buffer): Buffer => message
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
})
const service: ServiceDefinition = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  Repeat: method('Repeat', false, true),
  Talk: method('Talk', true, true),
  Wait: method('Wait', false, true),
  Fail: method('Fail', false, false),
}

/** A real gRPC server that says what was said, with messages of plain bytes, and keeps what it saw. */
export interface GrpcEcho extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  /** The metadata of every call, in order. */
  readonly seen: Metadata[]
  /** Calls that were taken back. */
  cancelled: number
}

export async function startGrpcEcho(tls?: { readonly certificate: string; readonly key: string }): Promise<GrpcEcho> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 })
  const seen: Metadata[] = []
  const echo: { cancelled: number } = { cancelled: 0 }
  server.addService(
    service,
    implementation(seen, () => (echo.cancelled += 1)),
  )
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) },
        ])
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error === null ? resolve(port) : reject(error)))
  const port = await promise
  return Object.assign(echo, {
    port,
    server,
    seen,
    [Symbol.asyncDispose]: () => {
      server.forceShutdown()
      return Promise.resolve()
    },
  })
}

function implementation(seen: Metadata[], cancelled: () => void): UntypedServiceImplementation {
  const trailers = (): Metadata => {
    const metadata = new Metadata()
    metadata.set('x-last', 'word')
    metadata.set('x-last-bin', Buffer.from([0, 255]))
    return metadata
  }
  return {
    Unary: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      seen.push(call.metadata)
      const first = new Metadata()
      first.set('x-first', 'word')
      call.sendMetadata(first)
      reply(null, call.request, trailers())
    },
    Collect: (call: ServerReadableStream<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      const all: Buffer[] = []
      call.on('data', (message: Buffer) => all.push(message))
      call.on('end', () => reply(null, Buffer.concat(all)))
    },
    Repeat: (call: ServerWritableStream<Buffer, Buffer>) => {
      for (let time = 0; time < 3; time += 1) call.write(call.request)
      call.end(trailers())
    },
    Talk: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => call.write(message))
      call.on('end', () => call.end())
    },
    Wait: (call: ServerWritableStream<Buffer, Buffer>) => {
      call.write(call.request)
      call.on('cancelled', cancelled)
    },
    Fail: (_call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
      reply({ code: status.FAILED_PRECONDITION, details: 'not so: 100 %, ł', metadata: trailers() }),
  }
}
