/** How Google's front end says that it did not let the request through to the application. */
export type TokenRefusal =
  /** It did not accept the token: expired, wrong audience, bad signature. */
  | 'token-refused'
  /** The token is good, but its service account may not invoke the service. */
  | 'not-invoker'

/** What could be a refusal only once its page is read. */
export type RefusalSign = TokenRefusal | 'read-page' | undefined

/** Google's page is some 300 bytes; an application's own page is let through as soon as it is longer than this. */
export const maxRefusalPageBytes = 4_096

/**
 * Tells Google's refusal from the application's own 401 or 403 (`reference/deploy.md` §1.1): everything on Cloud Run
 * says `Server: Google Frontend`, so a 401 needs `invalid_token` too, and a 403 Google's sentence in an HTML page.
 */
export function refusalSign(status: number, headers: Readonly<Record<string, unknown>>): RefusalSign {
  if ((status !== 401 && status !== 403) || headers['server'] !== 'Google Frontend') return undefined
  if (status === 401) return isInvalidToken(headers['www-authenticate']) ? 'token-refused' : undefined
  const type = headers['content-type']
  return typeof type === 'string' && type.startsWith('text/html') ? 'read-page' : undefined
}

export function isRefusalPage(page: string): boolean {
  return page.includes('Your client does not have permission to get URL')
}

function isInvalidToken(challenge: unknown): boolean {
  return typeof challenge === 'string' && challenge.startsWith('Bearer') && challenge.includes('error="invalid_token"')
}
