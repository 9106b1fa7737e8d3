import { LRUCache } from 'lru-cache'

export interface Lru<V> {
  readonly size: number
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  clear(): void
}

export interface LruLimits<V> {
  readonly maxEntries: number
  /** Where entries differ much in size: the sum of `weigh` over all entries stays below `maxWeight`. */
  readonly weight?: { readonly maxWeight: number; readonly weigh: (value: V) => number }
}

/**
 * A bounded map that forgets what was not asked for longest. The bound is put as a weight, also where it is a number of
 * entries: the package would reserve the room of all of `max` entries at once, 3 MiB in a service that nobody uses yet.
 */
export function createLru<V extends object>({ maxEntries, weight }: LruLimits<V>): Lru<V> {
  if (weight === undefined) return new LRUCache<string, V>({ maxSize: maxEntries, sizeCalculation: () => 1 })
  const { maxWeight, weigh } = weight
  const leastWeight = Math.ceil(maxWeight / maxEntries)
  return new LRUCache<string, V>({
    maxSize: maxWeight,
    sizeCalculation: (value) => Math.max(weigh(value), leastWeight),
  })
}
