/** Query parameters of the redirects between a route host and the authenticate host. One list: three services meet here. */
export const queryParameters = {
  /** Where the person was going: an absolute URL on a route host. On `sign_in`, put there by authorize and signed. */
  redirectUri: 'pomerium_redirect_uri',
  /** On `sign_in`: base64url SHA-256 of the route host's sign-in binding cookie (`hashBinding`). */
  binding: 'pomerium_binding',
  /** On `https://<route host>/.pomerium/callback/`: the sealed one-time ticket. */
  ticket: 'pomerium_ticket',
  /** On a signed `sign_out`: the handle of the session that ends. */
  sessionHandle: 'pomerium_session_handle',
} as const
