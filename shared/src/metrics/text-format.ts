import type { Family, Labels } from './metrics.ts'

/**
 * Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Fast, because
 * requests wait while it is written: thousands of lines take milliseconds.
 */
export function writeText(families: Iterable<Family>): string {
  let text = ''
  for (const family of families) {
    text += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`
    let [of, labelText]: [Labels | undefined, string] = [undefined, '']
    for (const { metricName = family.name, labels, le, value } of family.samples()) {
      // The lines of a histogram have their labels in common.
      if (labels !== of) [of, labelText] = [labels, labelsText(labels)]
      text += `${metricName}${braces(labelText, le)} ${numberText(value)}\n`
    }
  }
  return text
}

function braces(labels: string, le: string | undefined): string {
  if (le === undefined) return labels === '' ? '' : `{${labels}}`
  return labels === '' ? `{le="${le}"}` : `{${labels},le="${le}"}`
}

function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join()
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' }

function escapeValue(text: string): string {
  return text.replace(/[\\\n"]/g, (character) => escapes[character] ?? '')
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (character) => escapes[character] ?? '')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
