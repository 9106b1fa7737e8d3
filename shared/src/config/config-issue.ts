/** From the root of the configuration: keys and list positions. */
export type ConfigPath = readonly (string | number)[]

/** The place of what is missing where there is no file. */
export const environmentPlace = 'environment'

/** Where something stands. For an environment variable `file` is `$NAME` and the line is 0. */
export interface ConfigPlace {
  readonly file: string
  /** From 1; 0 where lines mean nothing. */
  readonly line: number
  /** From 1; 0 where lines mean nothing. */
  readonly column: number
}

/** One mistake (`error`: nothing starts) or one thing to think about (`warning`). Never holds a secret's text. */
export interface ConfigIssue extends ConfigPlace {
  readonly severity: 'error' | 'warning'
  readonly path: ConfigPath
  /** What is wrong, and what was expected or what to do. */
  readonly message: string
}

/** `config.yaml:9:18`, `$IDP_CLIENT_ID`, or `config.yaml:` for the file as a whole. */
export function describePlace(place: ConfigPlace): string {
  if (place.file === environmentPlace) return `${environmentPlace}:`
  if (place.line === 0) return place.file.startsWith('$') ? place.file : `${place.file}:`
  return `${place.file}:${String(place.line)}:${String(place.column)}`
}

/** `config.yaml:9:18 routes.0.from: what is wrong`. */
export function describeIssue(issue: ConfigIssue): string {
  const path = issue.path[0] === issue.file ? '' : issue.path.join('.')
  const label = issue.severity === 'warning' ? 'warning: ' : ''
  return `${describePlace(issue)} ${path === '' ? '' : `${path}: `}${label}${issue.message}`
}
