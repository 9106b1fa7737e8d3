import type { FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import type { ProcessHost } from '@postern/shared/lifecycle/process-host.ts'

/** What a command is given. */
export interface CommandContext {
  /** What follows the command's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: ProcessHost
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** What follows `postern` in the usage line. */
  readonly usage: string
  /** One paragraph, and examples. */
  readonly details: string
  readonly flags: FlagSpecs
  /** The exit code, or nothing where the command ends the process itself. Throws `UsageError`. */
  run(context: CommandContext): Promise<number | undefined> | number | undefined
}
