/**
 * Decodes base64url without padding, or answers `undefined`. Only the one spelling an encoder would have written is
 * accepted: Node's decoder skips what it does not know, so a changed credential could otherwise still be a good one.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
