import type { Reason } from './decision.ts'
import type { RequestFacts } from './request-facts.ts'

/** How the session credential travelled. The first carrier that is present decides; there is no falling through. */
export type CredentialCarrier = 'cookie' | 'header' | 'query' | 'bearer'

export interface PresentedCredential {
  readonly carrier: CredentialCarrier
  readonly value: string
}

/** What the proxy asks for every request. */
export interface CheckQuestion {
  /** Chosen by the proxy, which alone matches routes. */
  readonly routeId: string
  readonly configRevision: string
  readonly requestId: string
  readonly facts: RequestFacts
  readonly credential: PresentedCredential | undefined
  /** The value of this browser's sign-in binding cookie on this host. */
  readonly signInBinding: string | undefined
}

/** A header in wire order. Values are Latin-1 strings as Node delivers them (one char per byte). */
export type HeaderPair = readonly [name: string, value: string]

/** What authorize answers. Not getting an answer is an error, and an error is a 503, never a pass. */
export type CheckAnswer =
  | {
      readonly kind: 'allow'
      readonly reasons: readonly Reason[]
      readonly setHeaders: readonly HeaderPair[]
      readonly removeHeaders: readonly string[]
      /** `undefined` for anonymous requests. */
      readonly session: { readonly handle: string; readonly expiresAtMs: number; readonly userId: string } | undefined
    }
  | {
      readonly kind: 'deny'
      /** 401, or 403 with `bearerRefused`: the bearer token is no good, and signing in does not mend it. 400: it came beside another credential. */
      readonly status: number
      readonly reasons: readonly Reason[]
      /** The policy trace, as lines of text; only for routes with `show_error_details`. */
      readonly explanation: string | undefined
      /** Who was refused, for the page that tells them. */
      readonly email: string | undefined
      /** The bearer token is no good, and no policy was asked. Left out: that is not why. */
      readonly bearerRefused?: boolean
    }
  | {
      readonly kind: 'sign-in'
      readonly reasons: readonly Reason[]
      /** Signed URL of authenticate, good for five minutes. */
      readonly url: string
      /** To keep in this host's sign-in binding cookie. */
      readonly binding: string
      /** A credential came and was refused: the cookie is worth clearing. */
      readonly credentialRefused: boolean
    }
