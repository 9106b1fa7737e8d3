/** A Pomerium key that Postern does not have, and what that means for whoever brings it. */
export interface LeftOutKey {
  /** `error`: leaving it out would open or close a door, or send requests elsewhere. `warning`: harmless. */
  readonly severity: 'error' | 'warning'
  readonly reason: string
  /** Pomerium does not have it any more either. */
  readonly removed?: true
  /** Values with which Postern does the same as Pomerium, so that nothing needs saying. */
  readonly sameAs?: readonly unknown[]
  /** An error that says nothing about which routes there are and who may use them. */
  readonly isNoMatterForAccess?: true
}

export type LeftOutKeys = Readonly<Record<string, LeftOutKey>>

const warning = (reason: string, ...sameAs: unknown[]): LeftOutKey => ({ severity: 'warning', reason, sameAs })
const error = (reason: string, ...sameAs: unknown[]): LeftOutKey => ({ severity: 'error', reason, sameAs })

const acme = 'Postern does not order certificates; let the platform, or a tool such as cert-manager, do it'
const databroker = 'Postern keeps sessions in Redis (redis_url) and has no databroker'
const engine = 'it tunes the Envoy inside Pomerium, which Postern does not have'
const product = 'Postern proxies HTTP only'
const removed = (reason: string): LeftOutKey => ({ severity: 'error', reason, removed: true })

const noMatterForAccess = (key: LeftOutKey): LeftOutKey => ({ ...key, isNoMatterForAccess: true })

/** Keys at the top of the file. A name that ends in `*` stands for a family. */
export const leftOutGlobalKeys: LeftOutKeys = {
  autocert: noMatterForAccess(error(`${acme}; set certificate_file or insecure_server`, false)),
  'autocert_*': warning(acme),
  'databroker_*': warning(databroker),
  'envoy_*': warning(engine),
  'dns_*': warning('the system resolves names'),
  'mcp_*': warning(product),
  'ssh_*': warning(product),
  'otel_*': warning('Postern exports no traces'),
  'tracing_*': noMatterForAccess(removed('Postern exports no traces')),
  allow_upgrades: error('only WebSocket upgrades pass, where a route has allow_websockets'),
  authenticate_callback_path: error(
    'sign-ins always come back to /oauth2/callback; register that address at the identity provider',
    '/oauth2/callback',
  ),
  blob_storage: warning(product),
  branding: warning('the pages look the same everywhere'),
  circuit_breaker_thresholds: warning(engine),
  client_ca: removed('write downstream_mtls.ca'),
  client_ca_file: removed('write downstream_mtls.ca_file'),
  client_crl: removed('write downstream_mtls.crl'),
  client_crl_file: removed('write downstream_mtls.crl_file'),
  codec_type: warning('HTTP/1.1 and HTTP/2 are always served', 'auto'),
  cookie_domain: warning('a session cookie is good for one host only, so that an application cannot use it on another'),
  cookie_secure: warning('cookies are always Secure', true),
  debug_address: warning('there is no debugging listener'),
  forward_auth_url: removed('requests pass through the proxy itself; point the load balancer at it'),
  grpc_client_dns_roundrobin: warning('calls between the services are always spread over all addresses'),
  'grpc_server_*': warning('streams between the services are renewed by themselves'),
  headers: removed('write set_response_headers'),
  health_check_systemd_disabled: warning('systemd is not notified'),
  idp_qps: noMatterForAccess(removed('groups come from claims')),
  idp_refresh_directory_interval: noMatterForAccess(removed('groups come from claims')),
  idp_refresh_directory_timeout: noMatterForAccess(removed('groups come from claims')),
  idp_service_account: removed(
    'groups come from claims; for Cloud Run use google_cloud_serverless_authentication_service_account',
  ),
  installation_id: warning('nothing is reported to anybody'),
  jwt_groups_filter: error('groups are not filtered in the assertion'),
  override_certificate_name: noMatterForAccess(error('the certificate’s own name is verified')),
  policy_file: removed('put the routes into this file, or into POLICY'),
  runtime_flags: warning('these are switches of Pomerium; only match_any_incoming_port: false is an error'),
  tls_derive: noMatterForAccess(error('certificates are not derived; set grpc_tls')),
  use_proxy_protocol: error('the PROXY protocol is not read; use xff_num_trusted_hops', false),
}

/** Keys of a route. */
export const leftOutRouteKeys: LeftOutKeys = {
  allow_spdy: error('only WebSocket upgrades pass', false),
  allow_upgrades: error('only WebSocket upgrades pass, where a route has allow_websockets'),
  allowed_groups: removed('use a policy with claim/groups'),
  circuit_breaker_thresholds: warning(engine),
  health_checks: warning(engine),
  healthy_panic_threshold: warning(engine),
  id: warning('a route’s id is computed'),
  jwt_groups_filter: error('groups are not filtered in the assertion'),
  kubernetes_service_account_token: error('requests are not impersonated towards Kubernetes'),
  kubernetes_service_account_token_file: error('requests are not impersonated towards Kubernetes'),
  mcp: error(product),
  outlier_detection: warning(engine),
  regex_priority_order: warning('routes match in the order of the file'),
  session_recording: error(product),
  set_authorization_header: removed('use set_request_headers with ${pomerium.id_token}'),
  ssh: error(product),
  sub_policies: error('Rego is not run; write the policy in the Pomerium Policy Language'),
  tls_upstream_allow_renegotiation: error('TLS renegotiation is never allowed', false),
  upstream_tunnel: error(product),
}

/** For whoever asks only who may use which route. */
export const leftOutForAccess: LeftOutKeys = Object.fromEntries(
  Object.entries(leftOutGlobalKeys).map(([name, key]) => [
    name,
    key.isNoMatterForAccess === true ? { ...key, severity: 'warning' } : key,
  ]),
)

/** The sentence for a message. */
export function describeLeftOut({ reason, removed }: LeftOutKey): string {
  return `${removed === true ? 'Pomerium removed this key' : 'Postern leaves this Pomerium key out'}: ${reason}`
}

/** The entry for a key: its own, or its family's. */
export function findLeftOut(keys: LeftOutKeys, name: string): LeftOutKey | undefined {
  if (Object.hasOwn(keys, name)) return keys[name]
  const family = Object.keys(keys).find((key) => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
  return family === undefined ? undefined : keys[family]
}
