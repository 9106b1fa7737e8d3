import { setTimeout as sleep } from 'node:timers/promises'
import { seen, statusOf, wants } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { Asked } from '../running-stack.ts'
import type { RouteTheme } from '../run-routes.ts'

const body =
  (asked: Asked) =>
  async ({ stack, host }: RouteUnderTest) =>
    (await stack.ask(host, asked)).body.trim().replace(/^\{.*$/, 'all of it')

const appOf = seen({}, ({ app }) => app)

/** Whether those that come while an application is busy go to the other one. */
async function avoidsTheBusy(route: RouteUnderTest): Promise<boolean> {
  const slow = seen({ headers: wants({ afterMs: 1500 }) }, ({ app }) => app)(route)
  await sleep(500)
  const others = [await appOf(route), await appOf(route), await appOf(route)]
  const busy = await slow
  return others.every((app) => app !== busy)
}

/** An application that needs longer than the usual two seconds. */
const slow = { headers: wants({ afterMs: 3000 }) }

export const timing: RouteTheme = {
  title: 'how long things may take',
  settings: { default_upstream_timeout: '2s' },
  isSlow: true,
  rows: [
    {
      keys: ['load_balancing_policy'],
      title: 'LEAST_REQUEST avoids the one that is busy',
      route: ({ apps }) => ({ to: [apps.one, apps.two], load_balancing_policy: 'LEAST_REQUEST', timeout: '5s' }),
      observe: avoidsTheBusy,
      given: true,
      leftOut: false,
    },
    {
      keys: ['allow_websockets'],
      title: 'then there is no timeout, unless one is set',
      route: { allow_websockets: true },
      observe: statusOf(slow),
      given: 200,
      leftOut: 504,
    },
    {
      keys: ['timeout'],
      title: 'longer than the usual one',
      route: { timeout: '5s' },
      observe: statusOf(slow),
      given: 200,
      leftOut: 504,
    },
    {
      keys: ['timeout'],
      title: 'shorter',
      route: { timeout: '300ms' },
      observe: statusOf({ headers: wants({ afterMs: 1000 }) }),
      given: 504,
      leftOut: 200,
    },
    {
      keys: ['timeout'],
      title: 'is for the whole answer',
      route: { timeout: '600ms' },
      observe: body({ headers: wants({ dripMs: 50 }) }),
      given: '(broken off)',
      leftOut: 'all of it',
    },
    {
      keys: ['timeout'],
      title: '0s: none',
      route: { timeout: '0s' },
      observe: body({ headers: wants({ dripMs: 150 }) }),
      given: 'all of it',
      leftOut: '(broken off)',
    },
    {
      keys: ['idle_timeout'],
      title: 'is for the time without any traffic',
      route: { timeout: '0s', idle_timeout: '1s' },
      observe: body({ headers: wants({ dripMs: 10_000 }), withinMs: 4500 }),
      given: '(broken off)',
      leftOut: '(still going on)',
    },
  ],
}
