import { optional, withDefault } from './key.ts'
import { duration, flag, lifetime, oneOf, path, text, textList, textMap } from './types.ts'

const providers = oneOf(
  'google',
  'oidc',
  'okta',
  'azure',
  'auth0',
  'cognito',
  'gitlab',
  'github',
  'onelogin',
  'ping',
  'apple',
)

/** Pomerium's own sign-in service is not for others. */
const identityProvider = { ...providers, expected: `${providers.expected} (hosted is not supported)` }

/** Secrets, cookies, the identity provider and where sessions are kept. */
export const sessionKeys = {
  shared_secret: optional(text, {
    meaning: 'Base64 of 32 random bytes, the same in authorize and authenticate: signs links, cookies and tickets.',
    otherwise: 'random where all services run in one process; else required',
    readBy: ['authorize', 'authenticate'],
    secret: true,
  }),
  shared_secret_accepted: optional(text, {
    meaning:
      'Further secrets, separated by white space, whose signatures and boxes are accepted while shared_secret is being replaced: the next one first, then the former one.',
    otherwise: 'none',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
    secret: true,
  }),
  cookie_secret: optional(text, {
    meaning: 'Base64 of 32 random bytes: seals the cookies of a sign-in under way.',
    otherwise: 'random where all services run in one process; else required',
    readBy: ['authenticate'],
    secret: true,
  }),
  cookie_secret_accepted: optional(text, {
    meaning: 'Further secrets, separated by white space, that are accepted while cookie_secret is being replaced.',
    otherwise: 'none',
    readBy: ['authenticate'],
    origin: 'postern',
    secret: true,
  }),
  signing_key: optional(text, {
    meaning:
      'PEM private keys, or their base64, that sign the identity assertion: EC P-256 or RSA. The first signs, all are published.',
    otherwise: 'a P-256 key derived from shared_secret',
    readBy: ['authorize'],
    secret: true,
  }),
  cookie_name: withDefault(text, '_pomerium', {
    meaning: 'The name of the session cookie; other cookies’ names begin with it.',
  }),
  cookie_expire: withDefault(lifetime, '14h', {
    meaning: 'How long a session lasts from its sign-in, and how long its cookie does.',
  }),
  cookie_http_only: withDefault(flag, true, {
    meaning: 'Keep the session cookie from scripts.',
  }),
  cookie_same_site: optional(oneOf('lax', 'strict', 'none'), {
    meaning: 'The SameSite attribute of the session cookie.',
    otherwise: 'lax',
  }),
  idp_provider: optional(identityProvider, {
    meaning: 'The kind of identity provider.',
    otherwise: 'required',
    readBy: ['authenticate'],
  }),
  idp_provider_url: optional(text, {
    meaning: 'The issuer; its discovery document is at `<url>/.well-known/openid-configuration`.',
    otherwise: 'known for google, gitlab, github, onelogin, apple and azure (all organisations); else required',
    readBy: ['authenticate'],
  }),
  idp_client_id: optional(text, {
    meaning: 'The client id that the identity provider gave out.',
    otherwise: 'required',
    readBy: ['authenticate'],
  }),
  idp_client_secret: optional(text, {
    meaning: 'The client secret that the identity provider gave out.',
    otherwise: 'required, except for public clients of provider oidc',
    readBy: ['authenticate'],
    secret: true,
  }),
  idp_scopes: optional(textList, {
    meaning: 'The scopes to ask for.',
    otherwise: 'the provider’s usual ones',
    readBy: ['authenticate'],
  }),
  idp_request_params: optional(textMap, {
    meaning:
      'Further parameters of the authorization request. They replace the provider’s usual ones. What `max_age` and `acr_values` ask for is held against the ID token, and who signed in otherwise is refused.',
    readBy: ['authenticate'],
  }),
  programmatic_redirect_domain_whitelist: optional(textList, {
    meaning:
      'Hosts to which a program may have its credential sent after `/.pomerium/api/v1/login`. `localhost` stands for this machine: 127.0.0.0/8 and ::1 too, over http, at any port; all others are reached over https.',
    otherwise: 'localhost',
    readBy: ['authorize', 'authenticate'],
  }),
  signout_redirect_url: optional(text, {
    meaning: 'Where a person is sent after signing out.',
    otherwise: 'Postern’s own page',
    readBy: ['authenticate'],
  }),
  redis_url: optional(text, {
    meaning:
      'Where sessions are kept: `rediss://user:password@host:6379/0`; `rediss+sentinel://user:password@sentinel-1:26379,sentinel-2:26379/mymaster`; `rediss+cluster://user:password@node-1:6379,node-2:6379`.',
    otherwise: 'in memory where all services run in one process; else required',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
    secret: true,
  }),
  redis_ca_file: optional(path, {
    meaning: 'The PEM authorities that Redis’ certificate chains to.',
    otherwise: 'the system’s',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_tls_verify: withDefault(oneOf('full', 'ca'), 'full', {
    meaning:
      'What is checked of Redis’ certificate: `full`: its authority and its name; `ca`: only that redis_ca_file signed it, for certificates that name no host, as Memorystore’s.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_tls_server_name: optional(text, {
    meaning: 'The name that Redis’ certificate has to carry, and that is sent as SNI, for every node and sentinel.',
    otherwise: 'the host that is connected to',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_sentinel_username: optional(text, {
    meaning: 'The user at the sentinels, where they ask for one.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_sentinel_password: optional(text, {
    meaning: 'The password at the sentinels, where they ask for one.',
    otherwise: 'none; that of redis_url is for Redis itself',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
    secret: true,
  }),
  redis_key_prefix: withDefault(text, 'postern:', {
    meaning:
      'Begins every key in Redis. In a cluster it holds a hash tag, so that all keys are on one node; `{postern}:` where it is not given.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_command_timeout: withDefault(duration, '400ms', {
    meaning: 'Deadline of one Redis command. Three in a row without an answer, and the connection is opened anew.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
  redis_connect_timeout: withDefault(duration, '1s', {
    meaning: 'Deadline of one attempt to connect to Redis.',
    readBy: ['authorize', 'authenticate'],
    origin: 'postern',
  }),
} as const
