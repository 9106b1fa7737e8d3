import { openRaw } from '../../../support/raw-redis.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { Redises, Surroundings } from '../row.ts'
import type { RunningStack } from '../running-stack.ts'
import { newBrowser, statusAfterSignIn, wayToProvider } from './sign-in.ts'

const signedIn = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

export function redisOf({ redis }: Surroundings): Redises {
  if (redis === undefined) throw new Error('this test has no Redis')
  return redis
}

/** Who may be signed in afterwards, and where Redis keeps it. */
async function keysAfterSignIn(stack: RunningStack): Promise<unknown> {
  const { plain } = redisOf(stack.bench.surroundings)
  using raw = openRaw(plain.port)
  await raw.flushall()
  const status = await statusAfterSignIn(stack)
  return [status, [...new Set((await raw.keys('*')).map((key) => key.replace(/:.*/, ':')))].toSorted()]
}

/** What becomes of a sign-in while Redis stands still, within two and a half seconds. */
async function signInWhileFrozen(stack: RunningStack): Promise<unknown> {
  const { plain } = redisOf(stack.bench.surroundings)
  const browser = newBrowser(stack)
  const { atProvider } = await wayToProvider(stack, browser)
  const { pathname, search, host } = stack.bench.idp.approve(atProvider)
  const cookie = browser.cookiesFor(new URL(`https://${host}${pathname}`))
  process.kill(plain.pid, 'SIGSTOP')
  try {
    const { status, body } = await stack.ask(host, {
      path: pathname + search,
      headers: { cookie },
      page: true,
      withinMs: 2500,
    })
    return status === 0 ? body : status
  } finally {
    process.kill(plain.pid, 'SIGCONT')
  }
}

const overTls = (at: Surroundings): string => redisOf(at).tlsUrl
const caFile = (at: Surroundings): string => redisOf(at).caFile

export const redis: GlobalTheme = {
  title: 'sessions in Redis',
  routes: () => [signedIn],
  rows: [
    {
      key: 'redis_url',
      file: (at) => redisOf(at).plain.url(),
      observe: keysAfterSignIn,
      given: [200, ['postern:']],
      leftOut: [200, []],
      alone: true,
    },
    {
      key: 'redis_key_prefix',
      file: '"mine:"',
      env: 'mine:',
      beside: { redis_url: (at) => redisOf(at).plain.url() },
      observe: keysAfterSignIn,
      given: [200, ['mine:']],
      leftOut: [200, ['postern:']],
      alone: true,
    },
    {
      key: 'redis_ca_file',
      file: caFile,
      beside: { redis_url: overTls, redis_tls_server_name: 'cache.test' },
      observe: statusAfterSignIn,
      given: 200,
      leftOut: 503,
      alone: true,
    },
    {
      key: 'redis_tls_server_name',
      file: 'cache.test',
      beside: { redis_url: overTls, redis_ca_file: caFile },
      observe: statusAfterSignIn,
      given: 200,
      leftOut: 503,
      alone: true,
    },
    {
      key: 'redis_tls_verify',
      file: 'ca',
      env: 'CA',
      beside: { redis_url: overTls, redis_ca_file: caFile },
      observe: statusAfterSignIn,
      given: 200,
      leftOut: 503,
      alone: true,
    },
    {
      key: 'redis_command_timeout',
      title: 'longer than the usual second',
      file: '4s',
      beside: { redis_url: (at) => redisOf(at).plain.url() },
      observe: signInWhileFrozen,
      given: '(no answer yet)',
      leftOut: 503,
      alone: true,
    },
    ...([300, 2000] as const).map((ms) => ({
      key: 'redis_connect_timeout',
      title: `${String(ms)}ms: whether the services wait for longer than that before they start without Redis`,
      file: `${String(ms)}ms`,
      beside: { redis_url: (at: Surroundings) => redisOf(at).silentUrl, redis_command_timeout: '1m' },
      observe: ({ startedInMs }: RunningStack) => startedInMs >= 2000,
      given: ms === 2000,
      alone: true as const,
    })),
  ],
}
