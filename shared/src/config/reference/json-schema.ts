import { z } from 'zod'
import { globalKeys } from '../keys/global-keys.ts'
import { isGroup } from '../keys/key.ts'
import type { Key, KeyGroup, KeyTable } from '../keys/key.ts'
import { describeLeftOut, leftOutGlobalKeys, leftOutRouteKeys } from '../keys/left-out.ts'
import type { LeftOutKeys } from '../keys/left-out.ts'
import { routeKeys } from '../keys/route-keys.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** What editors check a configuration file with, made from the same definitions as everything else; draft 7, which they all read. */
export function configurationSchema(): JsonSchema {
  const routes = { description: 'The routes; the first that matches decides.', ...routeList }
  const policy = { description: 'The older name of routes; these come first.', ...routeList }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Postern configuration',
    ...objectOf(globalKeys, leftOutGlobalKeys, { policy, routes }),
    definitions: { route: { ...objectOf(routeKeys, leftOutRouteKeys), required: ['from'] } },
  }
}

const routeList = { type: 'array', items: { $ref: '#/definitions/route' } }

function objectOf(table: KeyTable, leftOut: LeftOutKeys, more: JsonSchema = {}): JsonSchema {
  const families = Object.entries(leftOut).filter(([name]) => name.endsWith('*'))
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...propertiesOf(table), ...more, ...propertiesOfLeftOut(leftOut) },
    ...(families.length === 0 ? {} : { patternProperties: patternsOf(Object.fromEntries(families), table) }),
  }
}

function propertiesOf(table: KeyTable): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [name, key] of Object.entries(table)) {
    properties[name] = schemaOf(key)
    if (isGroup(key) || key.secret !== true) continue
    properties[`${name}_file`] = { type: 'string', minLength: 1, description: `A file that holds ${name}.` }
  }
  return properties
}

function schemaOf(key: Key<unknown> | KeyGroup<KeyTable>): JsonSchema {
  if (isGroup(key)) return { description: key.meaning, ...objectOf(key.keys, {}) }
  const { $schema: _draft, ...shape } =
    key.type.json ?? z.toJSONSchema(key.type.schema, { io: 'input', target: 'draft-7' })
  const otherwise = key.otherwise === undefined ? '' : ` Left out: ${key.otherwise}.`
  const usual = key.written === undefined ? {} : { default: key.written }
  return { description: `${key.meaning}${otherwise}`, ...shape, ...usual }
}

/** Harmless ones are struck through, others are unknown to an editor, except for values that mean the same here. */
function propertiesOfLeftOut(leftOut: LeftOutKeys): JsonSchema {
  const single = Object.entries(leftOut).filter(([name]) => !name.endsWith('*'))
  return Object.fromEntries(
    single.flatMap(([name, key]) => {
      const about = { description: describeLeftOut(key), deprecated: true }
      if (key.severity === 'warning') return [[name, about]]
      return key.sameAs === undefined || key.sameAs.length === 0 ? [] : [[name, { ...about, enum: key.sameAs }]]
    }),
  )
}

/** `autocert_*`: every name that begins so, and is not a key of its own. */
function patternsOf(families: LeftOutKeys, table: KeyTable): JsonSchema {
  const harmless = Object.entries(families).filter(([, { severity }]) => severity === 'warning')
  return Object.fromEntries(
    harmless.map(([name, key]) => {
      const prefix = name.slice(0, -1)
      const own = Object.keys(table).filter((known) => known.startsWith(prefix))
      const except = own.length === 0 ? '' : `(?!(?:${own.map((known) => known.slice(prefix.length)).join('|')})$)`
      return [`^${prefix}${except}`, { description: describeLeftOut(key), deprecated: true }]
    }),
  )
}

/** The committed text. */
export function configurationSchemaText(): string {
  return `${JSON.stringify(configurationSchema(), undefined, 2)}\n`
}
