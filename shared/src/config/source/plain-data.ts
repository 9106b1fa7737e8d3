import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Document, YAMLMap } from 'yaml'

/** Aliases make small texts large; these bounds make them harmless. */
const maxValues = 1_000_000
const maxDepth = 100

/** The text describes more than is read; `offset` is where it became too much. */
export class DocumentTooLarge extends Error {
  override readonly name = 'DocumentTooLarge'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/**
 * The document as plain objects, lists and scalars. Aliases and merge keys (`<<`) are followed, within bounds.
 * `__proto__` becomes an ordinary own key, so that it is reported as unknown like any other.
 */
export function toPlainData(document: Document): unknown {
  let values = 0
  const anchors = new Map<string, unknown>() // `Alias.resolve` would search the document for each alias
  const read = (node: unknown, depth: number): unknown => {
    const offset = (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0
    if (++values > maxValues) throw new DocumentTooLarge('more values than are read here; do aliases multiply?', offset)
    if (depth > maxDepth) throw new DocumentTooLarge('this is nested too deeply, or an alias contains itself', offset)
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target === undefined) throw new DocumentTooLarge('this alias (*) has no anchor (&) before it', offset)
      return read(target, depth + 1)
    }
    const anchor = (node as { anchor?: string } | null)?.anchor
    if (anchor !== undefined) anchors.set(anchor, node)
    if (isSeq(node)) return node.items.map((item) => read(item, depth + 1))
    if (isMap(node)) return readMap(node, depth)
    return isScalar(node) ? node.value : undefined
  }
  const readMap = (map: YAMLMap, depth: number): Record<string, unknown> => {
    const plain: Record<string, unknown> = {}
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : key)
      if (name === '<<') mergeInto(plain, read(value, depth + 1))
      else setOwn(plain, name, value === null ? null : read(value, depth + 1))
    }
    return plain
  }
  return read(document.contents, 0)
}

/** What the mapping says itself wins over what is merged in, wherever the merge key stands. */
function mergeInto(plain: Record<string, unknown>, merged: unknown): void {
  for (const source of Array.isArray(merged) ? (merged as unknown[]) : [merged]) {
    if (typeof source !== 'object' || source === null) continue
    for (const [name, value] of Object.entries(source)) {
      if (!Object.hasOwn(plain, name)) setOwn(plain, name, value)
    }
  }
}

function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
