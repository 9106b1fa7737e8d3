import type { ConfigIssue } from '../config-issue.ts'
import type { LoadedConfig } from '../load-config.ts'

/** One reading of the file and of every file that it names. */
export type ConfigReading = (
  | { readonly kind: 'ok'; readonly config: LoadedConfig }
  | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[] }
) &
  ReadingFacts

export interface ReadingFacts {
  readonly warnings: readonly ConfigIssue[]
  /** Everything that was read, or could not be. */
  readonly files: readonly string[]
  /** Changes exactly when the content of any of the files does. */
  readonly fingerprint: string
  /** There is a file, and nothing in it. */
  readonly isEmpty: boolean
}
