/**
 * Parameters of an authorization request that carry the protocol's own protection: the sign-in sets them, and
 * `idp_request_params` must not. The configuration refuses them, and authenticate passes over them.
 */
export const protocolParameters: ReadonlySet<string> = new Set([
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
])
