/** Query parameters of the redirects between a route host and the authenticate host. One list: three services meet here. */
export const queryParameters = {
  /**
   * Where the person was going: an absolute URL on a route host. On `sign_in` and `sign_out`, put there by authorize and
   * signed; on a route host's own `sign_out`, relative to that host.
   */
  redirectUri: 'pomerium_redirect_uri',
  /** On `sign_in`: base64url SHA-256 of the route host's sign-in binding cookie (`hashBinding`). */
  binding: 'pomerium_binding',
  /** On `sign_in`: which client at the IdP (`idpIdOf`), where the route brings its own. */
  idpId: 'pomerium_idp_id',
  /** On `sign_in` for a program: the route host that its credential is for; `redirectUri` is then the program's. */
  credentialHost: 'pomerium_credential_host',
  /** On the redirect to a program: its credential. */
  credential: 'pomerium_jwt',
  /** On `sign_in` and `https://<route host>/.pomerium/continue`: the sealed rest of a sign-in to several hosts. */
  chain: 'pomerium_chain',
  /** On `sign_in`: further hosts of this sign-in, joined with commas. */
  additionalHosts: 'pomerium_additional_hosts',
  /** On `https://<route host>/.pomerium/callback/`: the sealed one-time ticket. */
  ticket: 'pomerium_ticket',
  /** On a signed `sign_out`: the handle of the session that ends. */
  sessionHandle: 'pomerium_session_handle',
} as const
