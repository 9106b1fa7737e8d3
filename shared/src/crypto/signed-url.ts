import { createHmac } from 'node:crypto'
import { secretsEqual } from './equal.ts'

const issuedParameter = 'pomerium_issued'
const expiryParameter = 'pomerium_expiry'
const signatureParameter = 'pomerium_signature'
const clockSkewSeconds = 60
const maxUrlChars = 16_384

export type SignedUrlVerdict = 'valid' | 'expired' | 'invalid'

/**
 * A copy of `url`, without fragment, that says when it was made, until when it is good (whole seconds), and that nobody
 * changed it. Parameters of these names that were there are replaced.
 */
export function signUrl(url: URL, key: Buffer, now: Date, lifetimeMs: number): URL {
  const issuedSeconds = Math.floor(now.getTime() / 1000)
  const signed = new URL(url)
  signed.hash = ''
  for (const name of [issuedParameter, expiryParameter, signatureParameter]) signed.searchParams.delete(name)
  signed.searchParams.append(issuedParameter, String(issuedSeconds))
  signed.searchParams.append(expiryParameter, String(issuedSeconds + Math.ceil(lifetimeMs / 1000)))
  signed.search += `&${signatureParameter}=${signatureOf(signed.href, key)}`
  return signed
}

/**
 * Whether `url` is, character by character, what `signUrl` made with one of these keys, and still in its time (one minute of clock
 * difference is forgiven). Any added, repeated, reordered or re-encoded parameter makes it invalid.
 */
export function verifySignedUrl(url: URL, keys: readonly Buffer[], now: Date): SignedUrlVerdict {
  const parts = url.href.length > maxUrlChars ? undefined : splitSignature(url)
  if (!parts || !keys.some((key) => secretsEqual(signatureOf(parts.signedHref, key), parts.signature))) return 'invalid'
  const names = [...url.searchParams.keys()]
  const issued = readSeconds(url.searchParams.get(issuedParameter))
  const expiry = readSeconds(url.searchParams.get(expiryParameter))
  if (new Set(names).size !== names.length || issued === undefined || expiry === undefined) return 'invalid'
  const nowSeconds = now.getTime() / 1000
  if (issued > nowSeconds + clockSkewSeconds) return 'invalid'
  return expiry + clockSkewSeconds < nowSeconds ? 'expired' : 'valid'
}

/** The signature is the last parameter and covers everything before it. */
function splitSignature(url: URL): { signedHref: string; signature: string } | undefined {
  const href = url.href
  const mark = `&${signatureParameter}=`
  const at = href.indexOf(mark)
  if (at < 0 || url.hash !== '') return undefined
  return { signedHref: href.slice(0, at), signature: href.slice(at + mark.length) }
}

/** HMAC-SHA-512/256, as Pomerium signs its URLs. */
function signatureOf(href: string, key: Buffer): string {
  return createHmac('sha512-256', key).update(href).digest('base64url')
}

function readSeconds(text: string | null): number | undefined {
  return text !== null && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined
}
