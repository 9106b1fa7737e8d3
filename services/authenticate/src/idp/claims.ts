/** Claims as they came: any JSON object. */
export type RawClaims = Readonly<Record<string, unknown>>

/** The claim when it is a non-empty text. */
export function textClaim(raw: RawClaims, name: string): string | undefined {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
