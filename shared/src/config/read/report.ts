import type { ConfigIssue, ConfigPath, ConfigPlace } from '../config-issue.ts'

/** Which part of an entry a message is about: its value, or its key (unknown, misplaced). */
export type EntryPart = 'key' | 'value'

export type Locate = (path: ConfigPath, part?: EntryPart) => ConfigPlace

/** Collects every issue, each with its place. Nothing throws at the first one. */
export class Report {
  readonly #locate: Locate
  readonly #issues: ConfigIssue[] = []
  readonly #said = new Set<string>()
  #errorCount = 0

  constructor(locate: Locate) {
    this.#locate = locate
  }

  error(path: ConfigPath, message: string, part: EntryPart = 'value'): void {
    this.#add('error', path, message, part)
  }

  warning(path: ConfigPath, message: string, part: EntryPart = 'value'): void {
    this.#add('warning', path, message, part)
  }

  locate(path: ConfigPath, part: EntryPart = 'value'): ConfigPlace {
    return this.#locate(path, part)
  }

  /** Takes over issues that already know their place. */
  addAll(issues: readonly ConfigIssue[]): void {
    for (const issue of issues) this.#keep(issue)
  }

  /** The same thing said twice (two services read the same key) is said once. */
  #add(severity: ConfigIssue['severity'], path: ConfigPath, message: string, part: EntryPart): void {
    const id = `${severity} ${path.join('.')} ${message}`
    if (this.#said.has(id)) return
    this.#said.add(id)
    this.#keep({ severity, path, message, ...this.#locate(path, part) })
  }

  #keep(issue: ConfigIssue): void {
    this.#issues.push(issue)
    if (issue.severity === 'error') this.#errorCount += 1
  }

  get errorCount(): number {
    return this.#errorCount
  }

  /** In the order of the file; last the environment's variables, by name. */
  sorted(severity: ConfigIssue['severity']): ConfigIssue[] {
    const last = Number.MAX_SAFE_INTEGER
    return this.#issues
      .filter((issue) => issue.severity === severity)
      .sort((a, b) => (a.line || last) - (b.line || last) || a.column - b.column || byVariable(a, b))
  }
}

/** What is in no variable comes first. */
function byVariable(a: ConfigPlace, b: ConfigPlace): number {
  const [nameA, nameB] = [a, b].map(({ file }) => (file.startsWith('$') ? file : ''))
  if (nameA === undefined || nameB === undefined || nameA === nameB) return 0
  return nameA < nameB ? -1 : 1
}
