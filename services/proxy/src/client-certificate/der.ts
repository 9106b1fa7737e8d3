/** One element of DER (X.690): its tag, its content, and all of it. */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  readonly whole: Buffer
}

export const derTags = { integer: 0x02, sequence: 0x30, utcTime: 0x17, generalizedTime: 0x18, explicit0: 0xa0 } as const

/**
 * The elements that stand one after the other.
 * @throws RangeError for what is no DER
 */
export function readDer(bytes: Buffer): readonly DerElement[] {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length;) {
    const { contentAt, length } = readLength(bytes, at + 1)
    const end = contentAt + length
    if (end > bytes.length) throw new RangeError('DER breaks off')
    elements.push({ tag: bytes[at] ?? 0, content: bytes.subarray(contentAt, end), whole: bytes.subarray(at, end) })
    at = end
  }
  return elements
}

function readLength(bytes: Buffer, at: number): { readonly contentAt: number; readonly length: number } {
  const first = bytes[at]
  if (first === undefined) throw new RangeError('DER breaks off')
  if (first < 0x80) return { contentAt: at + 1, length: first }
  const size = first & 0x7f
  if (size === 0 || size > 4 || at + 1 + size > bytes.length) throw new RangeError('DER with a length that is none')
  return { contentAt: at + 1 + size, length: bytes.readUIntBE(at + 1, size) }
}
