/** The facts of one request that a policy may read. Host and path are in the one canonical form. */
export interface RequestFacts {
  readonly method: string
  readonly host: string
  /** Without the query. */
  readonly path: string
  readonly query: string
  /** Lower-case names; repeated headers keep their order. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** An IP address, never a host name. */
  readonly clientAddress: string
  /** `undefined`: this listener asks nobody for a certificate. */
  readonly clientCertificate: ClientCertificate | undefined
}

export interface ClientCertificate {
  readonly presented: boolean
  /** Whether it chains to the configured authority, in its time, not revoked. */
  readonly valid: boolean
  /** The leaf certificate, DER. */
  readonly der: Uint8Array | undefined
  /** What policies read of the leaf; parsed by authorize, because the policy engine reads no DER. */
  readonly leaf?: CertificateFacts | undefined
}

/** A leaf certificate, as far as policies look at it. */
export interface CertificateFacts {
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string
  /** SHA-256 over the subject public key info, base64. */
  readonly spkiHash: string
  readonly sanDns: readonly string[]
  readonly sanEmail: readonly string[]
  readonly sanUri: readonly string[]
}
