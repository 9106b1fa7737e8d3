import { connectivityState } from '@grpc/grpc-js'
import type { ErrorCode } from '../errors/catalogue.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { GrpcChannel } from './channel.ts'

/** Where every address refuses, nobody waits longer. An instance that restarts is back sooner. */
const refusedAfterMs = 1_000
/** How long a connection may take that is neither made nor refused. */
const silentAfterMs = 2_000

export interface ConnectedChannelOptions {
  /** Thrown when no connection comes about in time. */
  readonly unavailable: ErrorCode
  /** No longer than this, in milliseconds. */
  readonly withinMs: number
}

/**
 * One of these channels that has a connection, beginning with number `turn`; the first to get one where none has. So a
 * call goes past an instance that is down, and nobody waits for a whole deadline when all are.
 * @throws PosternError with the code in `options`.
 */
export async function connectedChannel(
  channels: readonly GrpcChannel[],
  turn: number,
  options: ConnectedChannelOptions,
): Promise<GrpcChannel> {
  for (let step = 0; step < channels.length; step += 1) {
    const channel = channels[(turn + step) % channels.length]
    if (channel && stateOf(channel) === connectivityState.READY) return channel
  }
  const now = Date.now()
  const waits = channels.map((channel) => connection(channel, now, options.withinMs))
  try {
    return await Promise.any(waits)
  } catch (cause) {
    throw new PosternError(options.unavailable, 'no connection came about in time', { cause })
  }
}

async function connection(channel: GrpcChannel, now: number, withinMs: number): Promise<GrpcChannel> {
  try {
    await becomesReady(channel, now + Math.min(withinMs, refusedAfterMs))
  } catch (error) {
    if (stateOf(channel) === connectivityState.TRANSIENT_FAILURE || withinMs <= refusedAfterMs) throw error
    await becomesReady(channel, now + Math.min(withinMs, silentAfterMs))
  }
  return channel
}

function becomesReady({ client }: GrpcChannel, atMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(atMs, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

/** Asking makes an idle channel connect. */
function stateOf({ client }: GrpcChannel): connectivityState {
  return client.getChannel().getConnectivityState(true)
}
