import type { Path } from '../policy.ts'

/** One `key: operand` of the document, and where to say what is wrong with it. */
export interface Entry {
  /** As written: `claim/address/country`. */
  readonly key: string
  /** What follows the first slash of the key. */
  readonly subPath: string | undefined
  readonly operand: unknown
  /** Where the operand stands. */
  readonly path: Path
  /** Which claim holds a person's groups. */
  readonly groupsClaim: string
  /** Adds an issue, below `path` when `at` is given. Answers `undefined`, so that a parser can return it. */
  problem(message: string, at?: Path): undefined
}
