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

/** A bounded map that forgets what was not asked for longest. */
export function createLru<V extends object>(limits: LruLimits<V>): Lru<V> {
  const { maxEntries, weight } = limits
  return new LRUCache<string, V>({
    max: maxEntries,
    ...(weight ? { maxSize: weight.maxWeight, sizeCalculation: weight.weigh } : {}),
  })
}
