/** The few pieces of DER (X.690) that a certificate is made of. */

function tagged(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.from(content.length.toString(16).replace(/^(?=(?:..)*.$)/, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content])
}

export const sequence = (...items: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(items))
export const set = (...items: readonly Buffer[]): Buffer => tagged(0x31, Buffer.concat(items))
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0))
export const octetString = (content: Buffer): Buffer => tagged(0x04, content)
export const bitString = (content: Buffer, unusedBits = 0): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.of(unusedBits), content]))
export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text))

/** A non-negative INTEGER: a leading zero keeps the sign bit clear. */
export const integer = (bytes: Buffer): Buffer =>
  tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)

/** `[n] EXPLICIT`, constructed. */
export const explicit = (number: number, content: Buffer): Buffer => tagged(0xa0 | number, content)

/** `[n] IMPLICIT` over a primitive type. */
export const implicit = (number: number, content: Buffer): Buffer => tagged(0x80 | number, content)

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  return at.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80)
  return groups
}
