// What shows an effect above, an editor with the JSON Schema takes too.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { configurationSchema } from '@postern/shared/config/reference/json-schema.ts'
import {
  apartRows,
  globalThemes,
  googleThemes,
  redisTheme,
  routeThemes,
  slowGlobalThemes,
  slowRouteThemes,
} from './tables.ts'

const validate = new Ajv({ allErrors: true }).compile(configurationSchema())

const globals = [...globalThemes, ...slowGlobalThemes, redisTheme, googleThemes.globals].flatMap(({ rows }) => rows)
const ofRoutes = [...routeThemes, ...slowRouteThemes, googleThemes.routes].flatMap(({ rows }) => rows)

function assertAccepted(document: object): void {
  assert.ok(validate(document), JSON.stringify(validate.errors))
}

describe('the JSON Schema accepts', () => {
  for (const { key, title, file } of [...globals, ...apartRows]) {
    if (typeof file !== 'string') continue // made of what runs: a port, a path
    it(`${key}: ${title ?? file}`, () => assertAccepted(nested(key.split('.'), parse(file))))
  }

  for (const { keys, title, route } of ofRoutes) {
    if (typeof route === 'function') continue
    it(`${keys.join(', ')} of a route${title === undefined ? '' : `: ${title}`}`, () => {
      const written = { from: 'https://a.example.com', to: 'https://b.example.net', ...route }
      // As a file would hold it: without what is taken away.
      assertAccepted({ routes: [JSON.parse(JSON.stringify(written))] })
    })
  }
})

function nested([key = '', ...rest]: readonly string[], value: unknown): object {
  return { [key]: rest.length === 0 ? value : nested(rest, value) }
}
