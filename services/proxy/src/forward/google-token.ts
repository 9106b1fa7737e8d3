import type { ProxyRoute, ServerlessConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { IdTokenSource } from '../google-identity/id-token-source.ts'
import type { TokenRefusal } from './token-refusal.ts'

/** A Google token and the headers it travels in, as the route wants it. */
export interface GoogleToken {
  readonly token: string
  /** Name, value, … */
  readonly headers: readonly string[]
}

/** @throws PosternError TOKEN_MINT_FAILED, TOKEN_MINT_FORBIDDEN: then nothing is forwarded. */
export async function googleToken(source: IdTokenSource, serverless: ServerlessConfig): Promise<GoogleToken> {
  const token = await source.idToken(serverless.audience)
  const value = `Bearer ${token}`
  const headers: string[] = []
  if (serverless.header !== 'authorization') headers.push('x-serverless-authorization', value)
  if (serverless.header !== 'x-serverless-authorization') headers.push('authorization', value)
  return { token, headers }
}

/** What to tell the operator when Google's front end did not let our call through (security case HDR-22). */
export function refusedByGoogle({ serverless }: Pick<ProxyRoute, 'serverless'>, refusal: TokenRefusal): PosternError {
  const audience = serverless?.audience ?? ''
  const detail =
    refusal === 'not-invoker'
      ? `Google's front end answered 403: grant roles/run.servicesInvoker on the service ${audience} to this proxy's service account`
      : `Google's front end refused the identity token (401) for audience ${audience}: is that the service's URL or one of its custom audiences?`
  return new PosternError('UPSTREAM_REFUSED_TOKEN', detail)
}
