import type { BearerFormat, TokenIssuer } from '@postern/shared/config/bearer-format.ts'
import { verifyGoogleIdToken } from '@postern/shared/jose/google-id-token.ts'
import { discoverKeySet, RemoteKeys, type RemoteKeysDeps } from '@postern/shared/jose/remote-keys.ts'
import { readTokenShape } from '@postern/shared/jose/token-shape.ts'
import { identityOfClaims } from './identity-of-claims.ts'
import { verifyIssuedToken, whyNoIdToken, whyNoProgramToken } from './issued-token.ts'
import { refused, type Verified } from './statement.ts'

/**
 * Verifies a token of one format.
 * @throws PosternError `IDP_UNAVAILABLE` when there are no keys to verify with
 */
export type TokenVerifier = (token: string, now: Date) => Promise<Verified>

/** Formats whose tokens are verified here, by the keys of whoever signed them. */
export type SignedFormat = Exclude<BearerFormat, { kind: 'idp-access-token' }>

export interface TokenVerifiersDeps extends RemoteKeysDeps {
  readonly googleKeysUrl: URL
}

const idTokenAlgorithms = ['RS256', 'ES256', 'PS256', 'EdDSA', 'RS384', 'RS512', 'ES384', 'PS384', 'PS512']

/** The verifiers of all formats. Key sets are kept by their address, so a new configuration does not fetch them again. */
export class TokenVerifiers {
  readonly #deps: TokenVerifiersDeps
  readonly #keys = new Map<string, RemoteKeys>()

  constructor(deps: TokenVerifiersDeps) {
    this.#deps = deps
  }

  /** The verifier for a token; `undefined` when nobody whom the route trusts has issued it. */
  verifierFor(format: SignedFormat, token: string): TokenVerifier | undefined {
    switch (format.kind) {
      case 'google-identity-token':
        return (jwt, now) => this.#verifyGoogle(jwt, now)
      case 'idp-identity-token':
        return this.#idpVerifier(format)
      case 'jwt': {
        const issuer = readTokenShape(token)?.claims['iss']
        const found = format.issuers.find((candidate) => candidate.issuer === issuer)
        return found && this.#issuerVerifier(found)
      }
    }
  }

  async #verifyGoogle(token: string, now: Date): Promise<Verified> {
    const { googleKeysUrl } = this.#deps
    const keys = this.#keysOf('Google', googleKeysUrl.href, () => googleKeysUrl)
    const verdict = await verifyGoogleIdToken(token, keys, now)
    if (verdict.kind === 'refused') return refused(verdict.why)
    const { claims, subject, audience, expiresAtMs } = verdict
    const issuedAtMs = typeof claims['iat'] === 'number' ? claims['iat'] * 1000 : undefined
    const identity = identityOfClaims(claims, subject)
    const issuer = 'https://accounts.google.com'
    return { kind: 'valid', statement: { issuer, audiences: [audience], identity, issuedAtMs, expiresAtMs } }
  }

  #idpVerifier({
    issuer,
    clientId,
    userIdClaim,
  }: Extract<BearerFormat, { kind: 'idp-identity-token' }>): TokenVerifier {
    const expected = {
      issuers: [issuer],
      keys: this.#discovered(issuer),
      algorithms: idTokenAlgorithms,
      whyAnotherKind: (shape: Parameters<typeof whyNoIdToken>[0]) => whyNoIdToken(shape, clientId),
      userIdOf: (claims: Readonly<Record<string, unknown>>, subject: string) => {
        const id = userIdClaim === undefined ? undefined : claims[userIdClaim]
        return typeof id === 'string' && id !== '' ? id : subject
      },
    }
    return (token, now) => verifyIssuedToken(token, expected, now)
  }

  #issuerVerifier({ name, issuer, jwksUrl, algorithms }: TokenIssuer): TokenVerifier {
    const keys = jwksUrl ? this.#keysOf(name, jwksUrl.href, () => jwksUrl) : this.#discovered(issuer)
    const expected = {
      issuers: [issuer],
      keys,
      algorithms,
      whyAnotherKind: whyNoProgramToken,
      userIdOf: (_claims: unknown, subject: string) => `${name}/${subject}`,
    }
    return (token, now) => verifyIssuedToken(token, expected, now)
  }

  #discovered(issuer: string): RemoteKeys {
    return this.#keysOf(issuer, `discovery of ${issuer}`, () => discoverKeySet(issuer, this.#deps.send))
  }

  #keysOf(name: string, id: string, locate: () => URL | Promise<URL>): RemoteKeys {
    const keys = this.#keys.get(id) ?? new RemoteKeys(name, locate, this.#deps)
    this.#keys.set(id, keys)
    return keys
  }
}
