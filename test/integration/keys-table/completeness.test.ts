// A key without a row is a key of which nobody has seen that it does anything.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { globalKeys, routeListKeys } from '@postern/shared/config/keys/global-keys.ts'
import { isGroup, type KeyTable } from '@postern/shared/config/keys/key.ts'
import { routeKeys } from '@postern/shared/config/keys/route-keys.ts'
import { shownElsewhere } from './shown-elsewhere.ts'
import {
  apartRows,
  globalThemes,
  googleThemes,
  redisTheme,
  routeThemes,
  slowGlobalThemes,
  slowRouteThemes,
} from './tables.ts'

/** Every key of a table; those of groups joined with a dot. */
function namesOf(table: KeyTable, prefix = ''): string[] {
  return Object.entries(table).flatMap(([name, key]) =>
    isGroup(key) ? namesOf(key.keys, `${prefix}${name}.`) : [prefix + name],
  )
}

const globals = namesOf(globalKeys)
const ofRoutes = namesOf(routeKeys).map((name) => `routes.${name}`)

const shown = new Set([
  ...[...globalThemes, ...slowGlobalThemes, redisTheme, googleThemes.globals].flatMap(({ rows }) =>
    rows.map(({ key }) => key),
  ),
  ...apartRows.map(({ key }) => key),
  ...[...routeThemes, ...slowRouteThemes, googleThemes.routes].flatMap(({ rows }) =>
    rows.flatMap(({ keys }) => keys.map((key) => `routes.${key}`)),
  ),
])

describe('the table of the keys', () => {
  for (const name of [...globals, ...ofRoutes]) {
    const elsewhere = shownElsewhere[name]
    if (elsewhere === undefined) {
      it(`has a row for ${name}`, () =>
        assert.ok(shown.has(name), 'add a row, or say in shown-elsewhere.ts where its effect is shown'))
    } else {
      it(`leaves ${name} to ${elsewhere.test}`, () => {
        assert.ok(!shown.has(name), 'it has a row, too')
        assert.ok(existsSync(elsewhere.test), 'there is no such file')
        assert.ok(
          readFileSync(elsewhere.test, 'utf8').includes(elsewhere.names),
          `it does not mention ${elsewhere.names}`,
        )
      })
    }
  }

  it('names no key that there is not', () => {
    const known = new Set([...globals, ...ofRoutes])
    assert.deepEqual(
      [...shown, ...Object.keys(shownElsewhere)].filter((name) => !known.has(name)),
      [],
    )
  })

  it('takes routes from both lists, in every row', () => assert.deepEqual(routeListKeys, ['policy', 'routes']))
})
