import type { z } from 'zod'

/** How the values of a key look, in a file and in an environment variable. */
export interface ValueType<Value> {
  /** For the reference documentation: `duration`. */
  readonly name: string
  /** Ends the sentence "expected …". */
  readonly expected: string
  /** The same for a variable, where that is written differently. */
  readonly expectedInVariable?: string
  readonly schema: z.ZodType<Value>
  /** As JSON Schema, where `schema` checks more than its shape tells. */
  readonly json?: Readonly<Record<string, unknown>>
  /** What a file would hold in place of this text. What cannot be read stays text, and the schema refuses it. */
  readonly fromEnvironment: (text: string) => unknown
}

export type ValueOf<Type> = Type extends ValueType<infer Value> ? Value : never
