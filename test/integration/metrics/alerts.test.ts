/** What a rule asks for has to be there before anything goes wrong: `increase()` does not see the first count of a series born with it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { MetricDefinition } from '@postern/shared/metrics/definition.ts'
import { metricTable } from '@postern/shared/metrics/metric-table.ts'
import { parse } from 'yaml'
import { freePort, startRedis } from '../../support/redis-server.ts'
import { startServiceProcess } from '../../support/service-process.ts'
import { configText, temporaryDirectory } from '../reload/files.ts'

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

interface Selector {
  readonly name: string
  readonly matchers: readonly Matcher[]
}

const table: Readonly<Record<string, MetricDefinition>> = metricTable
const secrets = `shared_secret: f3T0nYH6wqBQ4mUe0J9cXyJr1dOq7kR2l8h0uV5sZpE=
cookie_secret: Zt1uJ0l3cVgq8yR5oXw2mS7bK9dH4nF6pEaQzTiUvBs=
`

const privateRoute = `  enable_google_cloud_serverless_authentication: true
  google_cloud_serverless_authentication_audience: https://private.example.com
`

/** Nothing was measured yet; a rule on a gauge works from its first value on. */
const measuredLater = ['postern_authenticate_idp_clock_skew_seconds']

/** What Prometheus reads of the three services before anybody came. One route is private. */
async function scrapeOfFreshServices(): Promise<Series[]> {
  await using directory = await temporaryDirectory()
  await using redis = await startRedis()
  const [port, metricsPort] = [await freePort(), await freePort()]
  const file = join(directory.path, 'config.yaml')
  const config = configText('app.example.com', `redis_url: ${redis.url()}\n${secrets}`)
  await writeFile(file, `${config}${privateRoute}`)
  const metricsAddress = `127.0.0.1:${String(metricsPort)}`
  const env = { ADDRESS: `127.0.0.1:${String(port)}`, METRICS_ADDRESS: metricsAddress }
  await using _services = await startServiceProcess('run', file, env)
  const text = await (await fetch(`http://${metricsAddress}/metrics`)).text()
  return [...text.matchAll(/^(postern_\w+)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', labels = '']) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])),
  }))
}

/** The series that an expression asks for; each word that a regular expression names is asked for by itself. */
function selectorsIn(expression: string): Selector[] {
  return [...expression.matchAll(/\b(postern_\w+)(?:\{([^}]*)\})?/g)].flatMap(([, name = '', inside = '']) => {
    const matchers = [...inside.matchAll(/(\w+) *(=~|!~|!=|=) *"([^"]*)"/g)].map(
      ([, label = '', operator = '', value = '']): Matcher => ({ label, operator, value }),
    )
    const choice = matchers.find(({ operator, value }) => operator === '=~' && /^\w+(?:\|\w+)+$/.test(value))
    if (choice === undefined) return [{ name, matchers }]
    const others = matchers.filter((matcher) => matcher !== choice)
    return choice.value
      .split('|')
      .map((value) => ({ name, matchers: [...others, { label: choice.label, operator: '=', value }] }))
  })
}

function isAskedFor({ name, labels }: Series, wanted: Selector): boolean {
  const holds = ({ label, operator, value }: Matcher): boolean => {
    const own = labels[label] ?? ''
    const isSame = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(own) : own === value
    return operator.startsWith('!') ? !isSame : isSame
  }
  return name === wanted.name && wanted.matchers.every(holds)
}

function alertExpressions(): string[] {
  const examples = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/^```yaml\n(groups:[^]*?)^```/gm)]
  const files = examples.map(
    ([, text = '']) =>
      parse(text) as { readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[] },
  )
  return files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)))
}

describe('services that have just started', () => {
  let scraped: Series[] = []
  before(async () => {
    scraped = await scrapeOfFreshServices()
  })

  it('have every series that an alert of docs/metrics.md asks for', () => {
    const selectors = alertExpressions().flatMap(selectorsIn)
    assert.ok(selectors.length > 10)
    const missing = selectors.filter(
      (selector) => !measuredLater.includes(selector.name) && !scraped.some((series) => isAskedFor(series, selector)),
    )
    assert.deepEqual(missing, [])
  })

  it('have every counter, but those of each route', () => {
    const missing = Object.entries(table)
      .filter(([, { type, labels }]) => type === 'counter' && !labels.includes('route'))
      .filter(([counter]) => !scraped.some(({ name }) => name === counter))
    assert.deepEqual(
      missing.map(([name]) => name),
      [],
    )
  })
})
