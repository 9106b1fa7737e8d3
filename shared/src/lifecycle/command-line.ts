import { closest } from '../config/read/closest.ts'

/** Exit codes, as in sysexits.h. */
export const exitCodes = { ok: 0, failed: 1, usage: 64, config: 78 } as const

export interface FlagSpec {
  /** Name of the value in the help (`FILE`); left out for a switch. */
  readonly value?: string
  readonly meaning: string
  /** One letter. */
  readonly short?: string
  /** May be given several times; the values are in `lists`. */
  readonly many?: true
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>

export interface CommandLine {
  readonly flags: Readonly<Record<string, string | true | undefined>>
  /** What was given of the options that may be given several times, in order. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>
  readonly rest: readonly string[]
}

/** The command line cannot be understood; the message says why, for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads `--flag value`, `--flag=value`, `--switch` and `-h`. Throws `UsageError` at what it does not know. */
export function parseCommandLine(argv: readonly string[], specs: FlagSpecs): CommandLine {
  const flags: Record<string, string | true> = {}
  const lists: Record<string, string[]> = {}
  const rest: string[] = []
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') return { flags, lists, rest: [...rest, ...words] }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word)
      continue
    }
    const [, typed = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    const name = findFlag(word, typed, specs)
    if (specs[name]?.many === true) {
      lists[name] = [...(lists[name] ?? []), valueOf(name, inline, words)]
      continue
    }
    if (name in flags) throw new UsageError(`--${name} is given twice`)
    flags[name] = specs[name]?.value === undefined ? asSwitch(name, inline) : valueOf(name, inline, words)
  }
  return { flags, lists, rest }
}

function findFlag(word: string, typed: string, specs: FlagSpecs): string {
  if (word.startsWith('--') && Object.hasOwn(specs, typed)) return typed
  const byLetter = Object.entries(specs).find(([, spec]) => spec.short === typed)?.[0]
  if (!word.startsWith('--') && byLetter !== undefined) return byLetter
  const meant = closest(typed, Object.keys(specs))
  const hint = meant === undefined ? '' : `; did you mean --${meant}?`
  throw new UsageError(`unknown option ${word.split('=')[0] ?? word}${hint}`)
}

function asSwitch(name: string, inline: string | undefined): true {
  if (inline !== undefined) throw new UsageError(`--${name} takes no value`)
  return true
}

function valueOf(name: string, inline: string | undefined, words: string[]): string {
  const next = words[0]
  const value = inline ?? (next?.startsWith('-') === true ? undefined : words.shift())
  if (value === undefined || value === '') throw new UsageError(`--${name} needs a value`)
  return value
}

/** One line per option, aligned. */
export function describeFlags(specs: FlagSpecs): string {
  const rows = Object.entries(specs).map(([name, spec]) => {
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `
    return [`${short}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.meaning] as const
  })
  const width = Math.max(...rows.map(([usage]) => usage.length))
  return rows.map(([usage, meaning]) => `  ${usage.padEnd(width)}  ${meaning}`).join('\n')
}
