import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startBench, type Bench, type StartRedises } from './bench.ts'
import type { RouteOptions, RouteRow, Surroundings } from './row.ts'
import type { RunningStack } from './running-stack.ts'
import type { Settings } from './settings.ts'

/** The ways in which routes reach Postern. */
const ways = {
  'routes in the file': (routes: string) => ({ settings: { routes }, env: {} }),
  'policy in the file': (policy: string) => ({ settings: { policy }, env: {} }),
  ROUTES: (routes: string) => ({ settings: {}, env: { ROUTES: base64(routes) } }),
  'POLICY, wrapped as base64 wraps it': (routes: string) => ({
    settings: {},
    env: { POLICY: base64(routes).replace(/.{76}/g, '$&\n') },
  }),
} as const

export interface RouteTheme {
  readonly title: string
  /** Further settings of the stack. */
  readonly settings?: Settings | ((at: Surroundings) => Settings)
  /** The rows wait for something: they are looked at all at once. */
  readonly isSlow?: boolean
  readonly rows: readonly RouteRow[]
}

/** Every row at a route of its own, and beside it a route without its keys, in a running stack for each way. */
export function runRouteTheme({ title, settings, isSlow = false, rows }: RouteTheme, bench: () => Bench): void {
  for (const [way, given] of Object.entries(ways)) {
    describe(`${title}: ${way}`, { concurrency: isSlow }, () => {
      let stack: RunningStack
      before(async () => {
        const routes = JSON.stringify(rows.flatMap((row, index) => routesOf(row, index, bench())))
        const { settings: more, env } = given(routes)
        const always = typeof settings === 'function' ? settings(bench().surroundings) : settings
        stack = await bench().start({ ...always, ...more }, env)
      })
      after(() => stack[Symbol.asyncDispose]())
      for (const [index, row] of rows.entries()) {
        const lookAtGiven = async (): Promise<void> => {
          assert.deepEqual(await row.observe({ stack, host: hostOf(index, true) }), row.given)
        }
        const lookAtLeftOut = async (): Promise<void> => {
          if (!('leftOut' in row)) return
          const leftOut = await row.observe({ stack, host: hostOf(index, false) })
          assert.deepEqual(leftOut, row.leftOut, 'without the key')
        }
        it(nameOf(row), async () => {
          if (isSlow) await Promise.all([lookAtGiven(), lookAtLeftOut()])
          else await lookAtGiven().then(lookAtLeftOut)
        })
      }
    })
  }
}

/** A bench for the tests of a file. */
export function benchForFile(startRedises?: StartRedises): () => Bench {
  let bench: Bench | undefined
  before(async () => (bench = await startBench(startRedises)))
  after(() => bench?.[Symbol.asyncDispose]())
  return () => bench ?? assert.fail('the bench does not stand yet')
}

function hostOf(index: number, given: boolean): string {
  return `row-${String(index)}${given ? '' : '-without'}.test`
}

function routesOf(row: RouteRow, index: number, { surroundings }: Bench): RouteOptions[] {
  const written = typeof row.route === 'function' ? row.route(surroundings) : row.route
  const usual = { to: surroundings.apps.one, allow_public_unauthenticated_access: true }
  const full = { from: `https://${hostOf(index, true)}`, ...usual, ...written }
  const without = { ...usual, ...withoutKeys(written, row.keys), from: `https://${hostOf(index, false)}` }
  return 'leftOut' in row ? [full, without] : [full]
}

/** Keys of a group are joined with a dot. */
function withoutKeys(route: RouteOptions, keys: readonly string[], path = ''): RouteOptions {
  const kept = Object.entries(route).filter(([name]) => !keys.includes(path + name))
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const isGroup = keys.some((key) => key.startsWith(`${path}${name}.`))
      return [name, isGroup ? withoutKeys(value as RouteOptions, keys, `${path}${name}.`) : value]
    }),
  )
}

function nameOf({ keys, title, route }: RouteRow): string {
  const written = typeof route === 'function' ? '' : `: ${JSON.stringify(route).slice(0, 80)}`
  return title === undefined ? `${keys.join(', ')}${written}` : `${keys.join(', ')}: ${title}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
