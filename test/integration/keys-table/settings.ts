/** Keys as they stand in a file; those of groups joined with a dot. */
export type Settings = Readonly<Record<string, string>>

interface Group {
  [name: string]: string | Group
}

/** The text of a file with these settings. */
export function toYaml(settings: Settings): string {
  const tree: Group = {}
  for (const [path, value] of Object.entries(settings)) {
    const steps = path.split('.')
    const name = steps.pop() ?? ''
    let group = tree
    for (const step of steps) group = (group[step] ??= {}) as Group
    group[name] = value
  }
  return Object.entries(tree)
    .map(([key, value]) => `${key}: ${inFlow(value)}\n`)
    .join('')
}

function inFlow(value: string | Group): string {
  if (typeof value === 'string') return value
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${inFlow(inner)}`)
  return `{${entries.join(', ')}}`
}

/** The name of a key's environment variable. */
export function variableOf(key: string): string {
  return key.replaceAll('.', '_').toUpperCase()
}
