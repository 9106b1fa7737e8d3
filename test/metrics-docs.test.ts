/** docs/metrics.md, held against the table of metrics. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { MetricDefinition } from '@postern/shared/metrics/definition.ts'
import { metricTable } from '@postern/shared/metrics/metric-table.ts'
import { parseDocument } from 'yaml'

const page = readFileSync('docs/metrics.md', 'utf8')
const pages = [page, readFileSync('docs/operations/redis.md', 'utf8')].join('\n')
const table: Readonly<Record<string, MetricDefinition>> = metricTable

function rowOf([name, { type, labels, help }]: readonly [string, MetricDefinition]): string {
  const words = labels.map((label) => `\`${label}\``).join(', ')
  return `| \`${name}\` | ${type} | ${words} | ${help} |`
}

/** A metric by the name of a series of it. */
function find(series: string): MetricDefinition | undefined {
  const histogram = table[series.replace(/_(?:bucket|sum|count)$/, '')]
  return table[series] ?? (histogram?.type === 'histogram' ? histogram : undefined)
}

describe('docs/metrics.md', () => {
  it('has a row for every metric, with its type, its labels and what it means', () => {
    const missing = Object.entries(table)
      .map(rowOf)
      .filter((row) => !page.includes(`${row}\n`))
    assert.deepEqual(missing, [])
  })

  it('has each metric once, and none that does not exist', () => {
    const rows = [...page.matchAll(/^\| `(postern_\w+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual(rows.toSorted(), Object.keys(table).toSorted())
  })

  it('has examples that can be read', () => {
    const examples = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => parseDocument(text))
    assert.equal(examples.length, 3)
    assert.deepEqual(
      examples.flatMap(({ errors }) => errors),
      [],
    )
  })

  it('speaks only of metrics that exist, and asks them for labels that they have', () => {
    for (const [, series = '', matchers] of pages.matchAll(/\b(postern_[a-z0-9_]+)(?:\{([^}]*)\})?/g)) {
      const metric = find(series)
      assert.ok(metric, series)
      for (const [, label = ''] of (matchers ?? '').matchAll(/(\w+) *(?:=~|!~|!=|=)/g)) {
        assert.ok(metric.labels.includes(label) || label === 'le', `${series} has no label ${label}`)
      }
    }
  })
})
