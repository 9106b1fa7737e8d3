import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { globalKeys } from '@postern/shared/config/keys/global-keys.ts'
import type { Bench } from './bench.ts'
import type { GlobalRow, RouteOptions, Surroundings, Text } from './row.ts'
import type { RunningStack } from './running-stack.ts'
import { variableOf, type Settings } from './settings.ts'

export interface GlobalTheme {
  readonly title: string
  /** What every stack of the theme has besides. */
  readonly settings?: Settings | ((at: Surroundings) => Settings)
  /** Over a host of its own, an echoing application and public access. */
  readonly routes?: (at: Surroundings) => readonly RouteOptions[]
  /** The rows wait for something: they are looked at all at once. */
  readonly isSlow?: boolean
  readonly rows: readonly GlobalRow[]
}

/** How the keys of some rows are given. */
interface Form {
  readonly name: string
  readonly given: (row: GlobalRow, at: Surroundings) => { readonly settings?: Settings; readonly env?: Settings }
  readonly isFor: (row: GlobalRow) => boolean
}

const forms: readonly Form[] = [
  { name: 'in the file', isFor: () => true, given: (row, at) => ({ settings: inFile(row, at) }) },
  {
    name: 'in the environment',
    isFor: () => true,
    given: (row, at) => ({
      settings: besideOf(row, at),
      env: { [variableOf(row.key)]: textOf(row.env ?? row.file, at) },
    }),
  },
  {
    name: 'in a file that the file names',
    isFor: isSecret,
    given: (row, at) => ({ settings: { ...besideOf(row, at), [`${row.key}_file`]: secretFile(row, at) } }),
  },
  {
    name: 'in a file that the environment names',
    isFor: isSecret,
    given: (row, at) => ({
      settings: besideOf(row, at),
      env: { [`${variableOf(row.key)}_FILE`]: secretFile(row, at) },
    }),
  },
]

/** Every row in each form, and without its key; rows of different keys share a stack. */
export function runGlobalTheme(theme: GlobalTheme, bench: () => Bench): void {
  const worlds = worldsOf(theme.rows)
  const leftOut = {
    name: 'left out',
    isFor: () => true,
    given: (row: GlobalRow, at: Surroundings) => ({ settings: besideOf(row, at) }),
  }
  for (const world of worlds) {
    for (const form of forms) runWorld(theme, world.filter(form.isFor), form, (row) => row.given, bench)
  }
  for (const world of worlds) {
    runWorld(
      theme,
      world.filter((row) => 'leftOut' in row),
      leftOut,
      (row) => row.leftOut,
      bench,
    )
  }
}

function runWorld(
  theme: GlobalTheme,
  rows: readonly GlobalRow[],
  form: Form,
  expected: (row: GlobalRow) => unknown,
  bench: () => Bench,
): void {
  if (rows.length === 0) return
  describe(`${theme.title}: ${form.name}`, { concurrency: theme.isSlow ?? false }, () => {
    let stack: RunningStack
    before(async () => {
      const { surroundings } = bench()
      const given = rows.map((row) => form.given(row, surroundings))
      const settings = Object.assign({}, ...given.map((one) => one.settings ?? {})) as Settings
      const env = Object.assign({}, ...given.map((one) => one.env ?? {})) as Settings
      stack = await bench().start({ ...settingsOf(theme, surroundings), ...settings }, env, givenAnotherWay(rows, form))
    })
    after(() => stack[Symbol.asyncDispose]())
    for (const row of rows) {
      const written = typeof row.file === 'string' ? row.file : '…'
      it(`${row.key}${row.title === undefined ? `: ${written}` : `: ${row.title}`}`, async () => {
        assert.deepEqual(await row.observe(stack), expected(row))
      })
    }
  })
}

/** Keys that every stack has, where this one is to have them from elsewhere. */
function givenAnotherWay(rows: readonly GlobalRow[], { name }: Form): readonly string[] {
  return name === 'in a file that the file names' ? rows.map(({ key }) => key) : []
}

/** No two rows of one key in a world. */
function worldsOf(rows: readonly GlobalRow[]): GlobalRow[][] {
  const worlds: GlobalRow[][] = []
  for (const row of rows) {
    const keys = keysOf(row)
    const free = worlds.find(
      (world) =>
        row.alone !== true &&
        world.every((other) => other.alone !== true && !keysOf(other).some((key) => keys.includes(key))),
    )
    if (free === undefined) worlds.push([row])
    else free.push(row)
  }
  return worlds
}

function keysOf({ key, beside = {} }: GlobalRow): string[] {
  return [key, ...Object.keys(beside)]
}

function settingsOf({ settings = {}, routes = () => [{}] }: GlobalTheme, at: Surroundings): Settings {
  const usual = { from: 'https://app.test', to: at.apps.one, allow_public_unauthenticated_access: true }
  const written = JSON.stringify(routes(at).map((route) => ({ ...usual, ...route })))
  return { routes: written, ...(typeof settings === 'function' ? settings(at) : settings) }
}

function inFile(row: GlobalRow, at: Surroundings): Settings {
  return { ...besideOf(row, at), [row.key]: textOf(row.file, at) }
}

export function besideOf({ beside = {} }: GlobalRow, at: Surroundings): Settings {
  return Object.fromEntries(Object.entries(beside).map(([key, text]) => [key, textOf(text, at)]))
}

export function textOf(text: Text, at: Surroundings): string {
  return typeof text === 'string' ? text : text(at)
}

function isSecret({ key }: GlobalRow): boolean {
  const definition = globalKeys[key as keyof typeof globalKeys] as { readonly secret?: true } | undefined
  return definition?.secret === true
}

function secretFile(row: GlobalRow, at: Surroundings): string {
  return at.file(`${row.key}.txt`, `${textOf(row.env ?? row.file, at)}\n`)
}
