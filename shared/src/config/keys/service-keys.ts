import { certificateFiles } from './certificate-types.ts'
import { duration, flag, integer, lifetime, listener, oneOf, path, text, textList } from './types.ts'
import { group, optional, withDefault } from './key.ts'
import { metricsKeys } from './metrics-keys.ts'

/** Which services run, where they listen and how they find each other. */
export const serviceKeys = {
  services: withDefault(textList, 'all', {
    meaning: 'The services this process runs: all, or some of proxy, authorize and authenticate.',
  }),
  address: optional(listener, {
    meaning: 'Where the public HTTP listener is: `host:port`, `:port` or `unix:///path`.',
    otherwise: '`:443`; `0.0.0.0:$PORT` where PORT is set',
    readBy: ['proxy', 'authenticate'],
  }),
  insecure_server: optional(flag, {
    meaning: 'Serve plain HTTP, because TLS ends in front of Postern.',
    otherwise: 'false; true where PORT or K_SERVICE is set and no certificate is configured',
    readBy: ['proxy', 'authenticate'],
  }),
  certificate_file: optional(path, {
    meaning: 'The PEM certificate chain of the public listener, intermediates included.',
    readBy: ['proxy', 'authenticate'],
  }),
  certificate_key_file: optional(path, {
    meaning: 'The PEM private key of certificate_file.',
    readBy: ['proxy', 'authenticate'],
  }),
  certificate: optional(text, {
    meaning: 'The base64 of the PEM certificate chain, where it is not in a file.',
    readBy: ['proxy', 'authenticate'],
  }),
  certificate_key: optional(text, {
    meaning: 'The base64 of the PEM private key of `certificate`.',
    readBy: ['proxy', 'authenticate'],
    hidden: true,
  }),
  certificates: optional(certificateFiles, {
    meaning:
      'Further certificates, as files. The one whose names fit is served; the first of all where none does. certificate_file comes first, then certificate, then this list.',
    readBy: ['proxy', 'authenticate'],
  }),
  certificate_authority: optional(text, {
    meaning:
      'The base64 of PEM authorities that vouch for applications besides the system’s, on routes without tls_custom_ca.',
    readBy: ['proxy'],
  }),
  certificate_authority_file: optional(path, {
    meaning:
      'The same as a PEM file. With mutual TLS between the services it also stands in for grpc_tls.ca_file, where that is not given.',
    readBy: ['proxy', 'authorize', 'authenticate'],
  }),
  http_redirect_addr: optional(listener, {
    meaning: 'A second listener that redirects every request to https: `host:port` or `:port`.',
    otherwise: 'none',
    readBy: ['proxy'],
  }),
  ...metricsKeys,
  health_check_addr: optional(listener, {
    meaning: 'An extra listener for probes: /.pomerium/live, /.pomerium/ready, /ping.',
    otherwise: 'no extra listener; /ping is answered on the public one',
  }),
  authenticate_service_url: optional(text, {
    meaning: 'The URL at which browsers reach authenticate. Its host must not be the host of a route.',
    otherwise: 'required',
  }),
  authenticate_internal_service_url: optional(text, {
    meaning: 'Where the proxy forwards requests for the authenticate host, so that one address serves everything.',
    otherwise: 'the proxy does not answer for the authenticate host',
    readBy: ['proxy'],
  }),
  authenticate_grpc_service_url: optional(textList, {
    meaning:
      'The gRPC address of authenticate: `https://host:port`, `dns:///host:port` or `unix:///path`; several are allowed.',
    otherwise: 'required where the services run apart',
    readBy: ['proxy', 'authorize'],
    origin: 'postern',
  }),
  authorize_service_url: optional(textList, {
    meaning:
      'The gRPC address of authorize: `https://host:port`, `dns:///host:port` or `unix:///path`; several are allowed.',
    otherwise: 'required where the services run apart',
    readBy: ['proxy'],
  }),
  authorize_service_urls: optional(textList, {
    meaning: 'The same as authorize_service_url.',
    readBy: ['proxy'],
  }),
  authorize_internal_service_url: optional(textList, {
    meaning: 'Replaces authorize_service_url for traffic inside the cluster.',
    readBy: ['proxy'],
  }),
  authorize_check_mode: withDefault(oneOf('stream', 'unary'), 'stream', {
    meaning:
      'How the proxy asks authorize: one long-lived stream that carries batches, or one call per request (slower, but lets authorize scale to zero).',
    readBy: ['proxy'],
    origin: 'postern',
  }),
  authorize_check_timeout: withDefault(duration, '5s', {
    meaning: 'Time for one decision, all attempts included. After it the answer is 503, never the application.',
    readBy: ['proxy'],
    origin: 'postern',
  }),
  grpc_address: optional(listener, {
    meaning: 'Where the gRPC listener between the services is: `host:port` or `unix:///path`.',
    otherwise: '`:5443`; `0.0.0.0:$PORT` for authorize where PORT is set',
    readBy: ['authorize', 'authenticate'],
  }),
  grpc_insecure: optional(flag, {
    meaning: 'Plain text between the services. Accepted only where every address is loopback or a unix socket.',
  }),
  grpc_client_timeout: withDefault(duration, '10s', {
    meaning: 'Deadline of one call between the services that is not a check.',
  }),
  grpc_authentication: optional(oneOf('mutual_tls', 'shared_secret', 'google', 'none'), {
    meaning:
      'How the services prove to each other who they are. `google`: by Google ID tokens of their service accounts, on Cloud Run. `none` is accepted only on loopback and unix sockets.',
    otherwise: 'mutual_tls where grpc_tls names a certificate; none on loopback and unix sockets',
    origin: 'postern',
  }),
  grpc_tls: group(
    { meaning: 'Certificates between the services.', origin: 'postern' },
    {
      certificate_file: optional(path, { meaning: 'This service’s PEM certificate.', origin: 'postern' }),
      key_file: optional(path, { meaning: 'The PEM private key of the certificate.', origin: 'postern' }),
      ca_file: optional(path, {
        meaning: 'The PEM authorities that the other services’ certificates chain to.',
        origin: 'postern',
      }),
      client_names: group(
        { meaning: 'Which certificate names (SAN DNS) may call as which service.', origin: 'postern' },
        {
          proxy: withDefault(textList, 'proxy', { meaning: 'Names of the proxy.', origin: 'postern' }),
          authorize: withDefault(textList, 'authorize', { meaning: 'Names of authorize.', origin: 'postern' }),
          authenticate: withDefault(textList, 'authenticate', { meaning: 'Names of authenticate.', origin: 'postern' }),
        },
      ),
    },
  ),
  grpc_google: group(
    { meaning: 'Google ID tokens between the services: grpc_authentication: google.', origin: 'postern' },
    {
      callers: group(
        { meaning: 'The service accounts, by e-mail address, that may call as which service.', origin: 'postern' },
        {
          proxy: optional(textList, { meaning: 'Service accounts of the proxy.', origin: 'postern' }),
          authorize: optional(textList, { meaning: 'Service accounts of authorize.', origin: 'postern' }),
        },
      ),
      audiences: group(
        { meaning: 'For whom the tokens for each service are.', origin: 'postern' },
        {
          authorize: optional(text, {
            meaning: 'The audience of tokens for authorize.',
            otherwise: 'the first authorize_service_url',
            origin: 'postern',
          }),
          authenticate: optional(text, {
            meaning: 'The audience of tokens for authenticate.',
            otherwise: 'the first authenticate_grpc_service_url',
            origin: 'postern',
          }),
        },
      ),
    },
  ),
  xff_num_trusted_hops: optional(integer(0, 32), {
    meaning: 'How many proxies in front of Postern are trusted to have appended to X-Forwarded-For.',
    otherwise: '0; 1 where K_SERVICE is set (Cloud Run)',
    readBy: ['proxy', 'authenticate'],
  }),
  skip_xff_append: withDefault(flag, false, {
    meaning: 'Do not append the peer’s address to X-Forwarded-For.',
    readBy: ['proxy'],
  }),
  timeout_read: optional(duration, {
    meaning:
      'Time to receive a whole request, its body included; then the answer is 408. 0s: no limit for bodies; the header block never has more than 30s.',
    otherwise: '30s for the header block; a body may take as long as it keeps coming (idle_timeout of the route)',
    readBy: ['proxy'],
  }),
  timeout_write: withDefault(duration, '0s', {
    meaning: 'The longest a response may take; 0s: no limit.',
    readBy: ['proxy'],
  }),
  timeout_idle: withDefault(duration, '5m', {
    meaning:
      'How long an idle connection from a client is kept; without TLS of our own at least 620s, so that the load balancer in front closes first.',
    readBy: ['proxy'],
  }),
  default_upstream_timeout: withDefault(duration, '30s', {
    meaning: 'The timeout of routes that set none.',
    readBy: ['proxy'],
  }),
  session_idle_timeout: withDefault(lifetime, '0s', {
    meaning: 'A session that is not used for so long ends; 0s: no idle limit.',
    readBy: ['authenticate'],
    origin: 'postern',
  }),
} as const
