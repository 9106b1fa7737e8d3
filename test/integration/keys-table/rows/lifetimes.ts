import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'

/** What somebody gets who comes back after so long. */
const after = (minutes: number) => async (stack: RunningStack) => {
  const { clock } = stack.bench
  const before = (await stack.ask('app.test', { as: 'ada' })).status
  clock.aheadMs = minutes * 60_000
  try {
    return [before, (await stack.ask('app.test', { as: 'ada' })).status]
  } finally {
    clock.aheadMs = 0
  }
}

/** The clock of the whole bench is turned, so nothing else may run beside. */
export const lifetimes: GlobalTheme = {
  title: 'how long a session lasts',
  routes: () => [{ allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }],
  rows: [
    {
      key: 'session_idle_timeout',
      file: '30m',
      observe: after(31),
      given: [200, 401],
      leftOut: [200, 200],
      alone: true,
    },
    {
      key: 'cookie_expire',
      title: 'the session too',
      file: '1h',
      observe: after(61),
      given: [200, 401],
      leftOut: [200, 200],
      alone: true,
    },
  ],
}
