import type { IncomingHttpHeaders } from 'node:http'

/** Who the proxy says is there. Worth believing only behind a check: a private service, or a verified assertion. */
export interface Visitor {
  readonly name: string | undefined
  readonly email: string | undefined
}

/** The identity assertion, if there is one; its claims unverified. */
export function visitorOf(headers: IncomingHttpHeaders): Visitor | undefined {
  const claims = claimsOf(one(headers['x-pomerium-jwt-assertion']))
  return claims && { name: textOf(claims['name']), email: textOf(claims['email']) }
}

/** The payload of a JWT as it stands, or `undefined` where there is none. */
export function claimsOf(jwt: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function wantsHtml(headers: IncomingHttpHeaders): boolean {
  return (headers.accept ?? '').includes('text/html')
}
