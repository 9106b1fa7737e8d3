import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '@postern/shared/clock.ts'

/** The two headers in which Cloud Run looks for the caller's ID token, in this order. */
export type InvokerHeader = 'x-serverless-authorization' | 'authorization'

export interface InvokerPolicy {
  /** The service's URL and its custom audiences; compared as they are. */
  readonly audiences: readonly string[]
  /** E-mail addresses that hold the Cloud Run Invoker role; `allUsers`: the service is public. */
  readonly invokers: readonly string[] | 'allUsers'
}

export type InvokerVerdict =
  | { readonly kind: 'invoked'; readonly header: InvokerHeader | undefined; readonly email: string | undefined }
  /** 401: the token is no good. 403: no token, or a good one of somebody who may not. */
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly why: string }

const issuers = ['https://accounts.google.com', 'accounts.google.com']

/** Decides as the front end of Cloud Run does. */
export class InvokerCheck {
  readonly #policy: InvokerPolicy
  readonly #keys: JWTVerifyGetKey
  readonly #clock: Clock

  constructor(policy: InvokerPolicy, keySet: JSONWebKeySet, clock: Clock) {
    this.#policy = policy
    this.#keys = createLocalJWKSet(keySet)
    this.#clock = clock
  }

  /** @param headers name (lower case) and value of every header line, repeated ones too */
  async check(headers: readonly (readonly [string, string])[]): Promise<InvokerVerdict> {
    if (this.#policy.invokers === 'allUsers') return { kind: 'invoked', header: undefined, email: undefined }
    const serverless = valuesOf(headers, 'x-serverless-authorization')
    const header = serverless.length > 0 ? 'x-serverless-authorization' : 'authorization'
    const values = serverless.length > 0 ? serverless : valuesOf(headers, 'authorization')
    const [value] = values
    if (value === undefined) return { kind: 'refused', status: 403, why: 'no credential' }
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(value)?.[1]
    if (values.length > 1 || token === undefined) return { kind: 'refused', status: 401, why: 'not exactly one JWT' }
    return this.#checkToken(token, header)
  }

  async #checkToken(token: string, header: InvokerHeader): Promise<InvokerVerdict> {
    const verified = await jwtVerify(token, this.#keys, {
      algorithms: ['RS256'],
      issuer: issuers,
      audience: [...this.#policy.audiences],
      requiredClaims: ['exp'],
      currentDate: this.#clock.now(),
    }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (verified instanceof Error) return { kind: 'refused', status: 401, why: verified.message }
    const { email, email_verified: emailVerified } = verified.payload
    if (typeof email !== 'string' || emailVerified !== true || !this.#policy.invokers.includes(email)) {
      return { kind: 'refused', status: 403, why: 'the principal lacks run.routes.invoke' }
    }
    return { kind: 'invoked', header, email }
  }
}

/** What the container sees of the token: header and payload, but no signature. */
export function withoutSignature(authorization: string): string {
  return authorization.replace(/\.[\w-]+$/, '.SIGNATURE_REMOVED_BY_GOOGLE')
}

function valuesOf(headers: readonly (readonly [string, string])[], name: string): string[] {
  return headers.filter(([each]) => each === name).map(([, value]) => value)
}
