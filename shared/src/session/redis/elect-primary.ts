import type { RedisEndpoint } from '../../config/redis-url.ts'
import { RedisUnavailable } from './redis-failure.ts'

/**
 * The endpoint that most of those who were asked name. Answers as soon as more than half agree, so one that is cut off
 * neither misleads nor delays; else when all have answered or failed. Of equals, the one named first.
 *
 * @throws RedisUnavailable as the first that failed; `no-primary` when all answered and none named one.
 */
export async function electPrimary(answers: readonly Promise<RedisEndpoint | undefined>[]): Promise<RedisEndpoint> {
  const votes = new Map<string, { readonly endpoint: RedisEndpoint; count: number }>()
  const majority = Promise.withResolvers<RedisEndpoint>()
  const count = (endpoint: RedisEndpoint | undefined): void => {
    if (!endpoint) return
    const key = `${endpoint.host} ${String(endpoint.port)}`
    const vote = votes.get(key) ?? { endpoint, count: 0 }
    votes.set(key, vote)
    vote.count += 1
    if (vote.count > answers.length / 2) majority.resolve(endpoint)
  }
  const all = Promise.allSettled(answers.map((answer) => answer.then(count)))
  return Promise.race([majority.promise, all.then((settled) => mostNamed([...votes.values()], settled))])
}

function mostNamed(
  votes: readonly { readonly endpoint: RedisEndpoint; readonly count: number }[],
  settled: readonly PromiseSettledResult<unknown>[],
): RedisEndpoint {
  const [best] = votes.toSorted((one, other) => other.count - one.count)
  if (best) return best.endpoint
  const failed = settled.find((result) => result.status === 'rejected')
  throw failed?.reason instanceof RedisUnavailable ? failed.reason : new RedisUnavailable('no-primary')
}
