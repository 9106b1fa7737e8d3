import type { ServiceName } from '../model.ts'
import type { ValueOf, ValueType } from './value-type.ts'

/** Where a key comes from. `pomerium`: same name, same meaning there. */
export type KeyOrigin = 'pomerium' | 'postern'

export interface KeyFacts {
  /** One or two sentences for the reference documentation. */
  readonly meaning: string
  /** Left out: all three services read it. */
  readonly readBy?: readonly ServiceName[]
  /** Left out: a Pomerium key. */
  readonly origin?: KeyOrigin
  /** Its text is never repeated in a message, and a `<key>_file` twin names a file that holds it. */
  readonly secret?: true
  /** Its text is never repeated in a message; where a file may hold it, that is a key of its own. */
  readonly hidden?: true
  /** What holds when the key is not given, where that is not a fixed value. */
  readonly otherwise?: string
  /** Other names of its environment variable, besides the upper-cased key. */
  readonly environmentAliases?: readonly string[]
}

/** The one definition of a key: parsing, environment form, documentation and JSON Schema come from it. */
export interface Key<Value> extends KeyFacts {
  readonly type: ValueType<NonNullable<Value>>
  /** As it would stand in a file. */
  readonly written: string | number | boolean | undefined
  readonly defaultValue: Value
}

/** A mapping with fixed keys, such as `grpc_tls`; in the environment its keys join with `_`. */
export interface KeyGroup<Table> extends KeyFacts {
  readonly keys: Table
}

export interface KeyTable {
  readonly [name: string]: Key<unknown> | KeyGroup<KeyTable>
}

/** What reading a table yields. A group that is not given is `undefined`. */
export type ValuesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends KeyGroup<infer Inner>
    ? ValuesOf<Inner> | undefined
    : Table[Name] extends Key<infer Value>
      ? Value
      : never
}

/** A key without a fixed default. */
export function optional<Type extends ValueType<unknown>>(type: Type, facts: KeyFacts): Key<ValueOf<Type> | undefined> {
  return { ...facts, type: type as never, written: undefined, defaultValue: undefined }
}

/** A key with a default, written as it would stand in a file. */
export function withDefault<Type extends ValueType<unknown>>(
  type: Type,
  written: string | number | boolean,
  facts: KeyFacts,
): Key<ValueOf<Type>> {
  return { ...facts, type: type as never, written, defaultValue: type.schema.parse(written) as ValueOf<Type> }
}

export function group<Table extends KeyTable>(facts: KeyFacts, keys: Table): KeyGroup<Table> {
  return { ...facts, keys }
}

export function isGroup(key: Key<unknown> | KeyGroup<KeyTable>): key is KeyGroup<KeyTable> {
  return 'keys' in key
}
