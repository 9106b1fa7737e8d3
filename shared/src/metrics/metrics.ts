import type { MetricDefinition } from './definition.ts'
import { Counter, Gauge, Histogram } from './instruments.ts'
import { metricTable } from './metric-table.ts'
import type { LabelArguments, LabelsOf, MetricName, MetricsOf } from './metric-table.ts'

export type Labels = Readonly<Record<string, string>>

/** One line of what Prometheus reads. */
export interface Sample {
  /** Left out: the name of the metric. */
  readonly metricName?: string
  readonly labels: Labels
  /** The upper bound of a histogram's bucket. */
  readonly le?: string
  readonly value: number
}

/** A metric with all that was counted for it. */
export interface Family extends MetricDefinition {
  readonly name: MetricName
  samples(): Sample[]
}

type Instrument = Counter | Gauge | Histogram

/** Sets of label values of one metric. What comes beyond is counted together: nothing that grows may fill the memory. */
export const mostChildren = 2_000
const beyond = 'other'

/**
 * What this process counts: instruments by name and labels, the same ones for the same labels. Whoever counts often asks
 * for its instruments once. One for each process, handed down from where it starts; nothing reads it unless
 * `metrics_address` is set.
 */
export class Metrics {
  readonly #families = new Map<MetricName, OpenFamily>()

  counter<Name extends MetricsOf<'counter'>>(name: Name, ...[labels]: LabelArguments<Name>): Counter {
    return this.#family(name).child(labels, () => new Counter()) as Counter
  }

  /**
   * Counters that are there with 0 before anything happens. Prometheus' `increase()` does not see the first count of a series
   * that is born with it, so an alert would miss the first failure.
   */
  startAtZero<Name extends MetricsOf<'counter'>>(name: Name, sets: readonly LabelsOf<Name>[]): void {
    for (const labels of sets) this.#family(name).child(labels, () => new Counter())
  }

  gauge<Name extends MetricsOf<'gauge'>>(name: Name, ...[labels]: LabelArguments<Name>): Gauge {
    return this.#family(name).child(labels, () => new Gauge()) as Gauge
  }

  histogram<Name extends MetricsOf<'histogram'>>(name: Name, ...[labels]: LabelArguments<Name>): Histogram {
    const buckets: readonly number[] = metricTable[name].buckets
    return this.#family(name).child(labels, () => new Histogram(buckets)) as Histogram
  }

  /** A value that is asked for whenever somebody looks, until disposed of; `undefined`: there is none now. */
  read<Name extends MetricsOf<'counter' | 'gauge'>>(
    name: Name,
    ...[value, labels]: [value: () => number | undefined, ...LabelArguments<Name>]
  ): Disposable {
    const known: Labels = { ...labels }
    return this.#family(name).addSource(() => {
      const now = value()
      return now === undefined ? [] : [{ labels: known, value: now }]
    })
  }

  /** As `read`, for a metric whose labels change. */
  readAll<Name extends MetricsOf<'counter' | 'gauge'>>(
    name: Name,
    samples: () => readonly { readonly labels: LabelArguments<Name>[0] & Labels; readonly value: number }[],
  ): Disposable {
    return this.#family(name).addSource(samples)
  }

  /** What has been counted so far, in the order in which it was first asked for. */
  families(): IteratorObject<Family> {
    return this.#families.values()
  }

  #family(name: MetricName): OpenFamily {
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = new OpenFamily(name)))
    return family
  }
}

interface Child {
  readonly labels: Labels
  readonly instrument: Instrument
}

class OpenFamily implements Family {
  readonly name: MetricName
  readonly type: MetricDefinition['type']
  readonly of: MetricDefinition['of']
  readonly help: string
  readonly labels: readonly string[]
  readonly #bounds: readonly string[]
  readonly #children = new Map<string, Child>()
  readonly #sources = new Set<() => readonly Sample[]>()

  constructor(name: MetricName) {
    const { type, of, help, labels, buckets = [] }: MetricDefinition = metricTable[name]
    this.name = name
    this.type = type
    this.of = of
    this.help = help
    this.labels = labels
    this.#bounds = [...buckets.map(String), '+Inf']
  }

  child(labels: Labels | undefined, make: () => Instrument): Instrument {
    const key = labels === undefined ? '' : this.#keyOf(labels)
    const known = this.#children.get(key)
    if (known !== undefined) return known.instrument
    const isBeyond =
      this.#children.size >= mostChildren &&
      labels !== undefined &&
      !this.labels.every((label) => labels[label] === beyond)
    if (isBeyond) return this.child(Object.fromEntries(this.labels.map((label) => [label, beyond])), make)
    const instrument = make()
    this.#children.set(key, { labels: labels ?? {}, instrument })
    return instrument
  }

  addSource(source: () => readonly Sample[]): Disposable {
    const own = (): readonly Sample[] => source() // the same function may be added twice
    this.#sources.add(own)
    return { [Symbol.dispose]: () => void this.#sources.delete(own) }
  }

  samples(): Sample[] {
    const counted = [...this.#children.values()].flatMap((child) => this.#samplesOf(child))
    return [...counted, ...[...this.#sources].flatMap((source) => source())]
  }

  #keyOf(labels: Labels): string {
    let key = ''
    for (const label of this.labels) key += `${labels[label] ?? ''}\u0000`
    return key
  }

  #samplesOf({ labels, instrument }: Child): Sample[] {
    if (!(instrument instanceof Histogram)) return [{ labels, value: instrument.value }]
    const counts = instrument.cumulative()
    const bucket = `${this.name}_bucket`
    return [
      ...this.#bounds.map((le, place) => ({ metricName: bucket, labels, le, value: counts[place] ?? 0 })),
      { metricName: `${this.name}_sum`, labels, value: instrument.sum },
      { metricName: `${this.name}_count`, labels, value: counts.at(-1) ?? 0 },
    ]
  }
}
