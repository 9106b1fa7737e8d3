import { WebSocket } from 'ws'
import { seen } from '../look.ts'
import type { RouteUnderTest } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

const appAndVersion = seen({ path: '/x?y' }, ({ app, version, path }) => [app, version, path])
const appOf = seen({}, ({ app }) => app)

/** Which applications some requests reached, one after the other. */
const appsOf = (count: number) => async (route: RouteUnderTest) => {
  const apps: unknown[] = []
  for (let asked = 0; asked < count; asked += 1) apps.push(await appOf(route))
  return apps
}

function alternates(apps: readonly unknown[]): boolean {
  return apps.every((app, index) => index === 0 || app !== apps[index - 1])
}

/** What comes back over a WebSocket, or the status that it was refused with. */
async function webSocketEcho({ stack, host }: RouteUnderTest): Promise<unknown> {
  const { http } = stack.addresses
  const port = http?.kind === 'tcp' ? http.port : 0
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, { headers: { host } })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  socket.once('error', reject)
  socket.once('unexpected-response', (_, response) => resolve(response.statusCode))
  socket.once('open', () => socket.send('hello'))
  socket.once('message', (data) => resolve((data as Buffer).toString()))
  return promise.finally(() => socket.terminate())
}

export const upstreams: RouteTheme = {
  title: 'applications and how they are reached',
  rows: [
    { keys: ['to'], title: 'http', route: {}, observe: appAndVersion, given: ['one', '1.1', '/x?y'] },
    {
      keys: ['to'],
      title: 'unix',
      route: ({ apps }) => ({ to: apps.unix }),
      observe: appAndVersion,
      given: ['unix', '1.1', '/x?y'],
    },
    {
      keys: ['to'],
      title: 'h2c',
      route: ({ apps }) => ({ to: apps.h2c }),
      observe: appAndVersion,
      given: ['h2c', '2.0', '/x?y'],
    },
    {
      keys: ['to'],
      title: 'weights',
      route: ({ apps }) => ({ to: [`${apps.one},3`, `${apps.two},1`] }),
      observe: async (route) => {
        const apps = await appsOf(8)(route)
        return [apps.filter((app) => app === 'one').length, apps.filter((app) => app === 'two').length]
      },
      given: [6, 2],
    },
    {
      keys: ['to'],
      title: 'one that is gone costs nobody an answer',
      route: ({ apps }) => ({ to: [apps.dead, apps.one] }),
      observe: appsOf(4),
      given: ['one', 'one', 'one', 'one'],
    },
    {
      keys: ['load_balancing_policy'],
      title: 'random does not take turns',
      route: ({ apps }) => ({ to: [apps.one, apps.two], load_balancing_policy: 'random' }),
      observe: async (route) => alternates(await appsOf(30)(route)),
      given: false,
      leftOut: true,
    },
    {
      keys: ['load_balancing_policy'],
      title: 'ROUND_ROBIN does, and is what holds anyhow',
      route: ({ apps }) => ({ to: [apps.one, apps.two], load_balancing_policy: 'ROUND_ROBIN' }),
      observe: async (route) => alternates(await appsOf(6)(route)),
      given: true,
      leftOut: true,
    },
    {
      keys: ['allow_websockets'],
      route: { allow_websockets: true },
      observe: webSocketEcho,
      given: 'hello',
      leftOut: 400,
    },
  ],
}
