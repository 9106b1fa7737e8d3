/** 0: none. */
export interface ProxyTimeouts {
  /** For the header block of a request. */
  readonly readMs: number
  /** For a whole request, its body included; left out: none. */
  readonly requestMs?: number
  /** For a whole exchange. */
  readonly writeMs: number
  /** How long a connection is kept for its next request. */
  readonly idleMs: number
}
