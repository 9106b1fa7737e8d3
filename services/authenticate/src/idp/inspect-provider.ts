import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { boundedFetch, idpTimeoutMs, maxIdpAnswerBytes, type FetchOptions } from './bounded-fetch.ts'
import { isObject } from './claims.ts'
import { OpenidConnection } from './openid-connection.ts'
import { fixedRequestParameters, profileOf } from './provider-profiles.ts'

/** One answer of the identity provider, or none. */
export interface IdpAnswer {
  readonly url: string
  /** Left out: nobody answered. */
  readonly status?: number
  readonly date: string | undefined
  readonly sentMs: number
  readonly answeredMs: number
  /** The code of what failed, where nobody answered. */
  readonly failure?: string
  /** The issuer in a discovery document, as it stands there. */
  readonly issuer?: string | undefined
}

export interface ProviderInspection {
  /** What discovery says; `undefined` where a sign-in would get nothing from it. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  /** How many signing keys there are; `undefined` where they cannot be read. */
  readonly signingKeys: number | undefined
  readonly answers: readonly IdpAnswer[]
  /** The scopes that a sign-in asks for. */
  readonly scopes: readonly string[]
}

/** Asks the provider what a sign-in would ask beforehand: discovery, checked as openid-client checks it, and the keys. */
export async function inspectProvider(
  config: IdpConfig,
  { clock = systemClock, send = fetch }: { readonly clock?: Clock; readonly send?: typeof fetch } = {},
): Promise<ProviderInspection> {
  const answers: IdpAnswer[] = []
  const connection = new OpenidConnection(config, { clock, send: remembering(send, clock, answers) })
  const { scope = '' } = fixedRequestParameters(config, profileOf(config.provider))
  const metadata = await connection.configuration().then(
    (configuration) => ({ ...configuration.serverMetadata() }),
    () => undefined,
  )
  const keys = metadata && (await connection.keySet('known').then(countSigningKeys, () => undefined))
  return { metadata, signingKeys: keys, answers, scopes: scope.split(' ') }
}

/** Bounded here already, so that what is remembered is bounded too. */
function remembering(send: typeof fetch, clock: Clock, answers: IdpAnswer[]): typeof fetch {
  const bounded = boundedFetch({ timeoutMs: idpTimeoutMs, maxBytes: maxIdpAnswerBytes }, send)
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const sentMs = clock.now().getTime()
    try {
      const response = await bounded(url, init as FetchOptions)
      const answeredMs = clock.now().getTime()
      const date = response.headers.get('date') ?? undefined
      answers.push({ url, status: response.status, date, sentMs, answeredMs, issuer: await issuerIn(response) })
      return response
    } catch (error) {
      answers.push({ url, date: undefined, sentMs, answeredMs: clock.now().getTime(), failure: failureCode(error) })
      throw error
    }
  }
}

async function issuerIn(response: Response): Promise<string | undefined> {
  try {
    const document: unknown = await response.clone().json()
    return isObject(document) && typeof document['issuer'] === 'string' ? document['issuer'] : undefined
  } catch {
    return undefined // whoever uses the answer says what is wrong with it
  }
}

function failureCode(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'timeout'
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}

function countSigningKeys(text: string): number {
  const { keys } = JSON.parse(text) as { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  return keys.filter(({ use, kty }) => (use === undefined || use === 'sig') && kty !== 'oct').length
}
