import type { LogLevel } from '../log/logger.ts'
import type { Secret } from '../secret.ts'
import type { BearerFormat } from './bearer-format.ts'
import type { ClientCertificatesConfig } from './client-certificates.ts'
import type { ListenAddress } from './listen-address.ts'
import type { AccessField, DecisionField } from './log-fields.ts'
import type { ProxyTimeouts } from './proxy-timeouts.ts'
import type { RouteLabels } from './route-labels.ts'
import type { RegexRewrite, RequestRules, ResponseHeaderRewrite, RouteAnswer } from './route-options.ts'

/** What every service reads. */
export interface CommonConfig {
  /** Changes exactly when routes or policies change; both sides of a check compare it. */
  readonly revision: string
  readonly logLevel: LogLevel
  readonly cookie: CookieConfig
  /** External URL of authenticate; its host differs from every route host. */
  readonly authenticateUrl: URL
  readonly grpc: GrpcConfig
}

export interface CookieConfig {
  /** The route session cookie's name; derived names start with it. */
  readonly name: string
  readonly sameSite: 'lax' | 'strict' | 'none' | undefined
  readonly domain: string | undefined
  readonly httpOnly: boolean
  /** Absolute lifetime of a session and of its cookies. */
  readonly expireMs: number
}

/** Transport and authentication between the services. */
export interface GrpcConfig {
  /** Where this service's gRPC server listens. */
  readonly listen: ListenAddress
  readonly security: GrpcSecurity
  /** Deadline of one inter-service call that is not a check. */
  readonly clientTimeoutMs: number
}

/**
 * How the services prove to each other who they are. `insecure` exists for unix sockets and loopback only; the
 * configuration refuses it anywhere else.
 */
export type GrpcSecurity =
  | { readonly kind: 'insecure' }
  | GoogleSecurity
  | {
      readonly kind: 'mtls'
      readonly certificateFile: string
      readonly keyFile: string
      readonly caFile: string
      /** Which certificate names (SAN DNS) may call as which service. */
      readonly clientNames: Readonly<Record<ServiceName, readonly string[]>>
    }
  | {
      readonly kind: 'shared-secret'
      readonly sharedSecret: Secret
      readonly acceptedSharedSecrets?: readonly Secret[]
      readonly caFile: string | undefined
      readonly certificateFile: string | undefined
      readonly keyFile: string | undefined
    }

/** Google ID tokens: every service runs as a service account of its own, and its metadata server gives the tokens. */
export interface GoogleSecurity {
  readonly kind: 'google'
  /** For whom the tokens for each service are: what callers ask for, and the service itself demands. */
  readonly audiences: Readonly<Partial<Record<ServiceName, string>>>
  /** The e-mail addresses of the service accounts that may call as which service. */
  readonly callers: Readonly<Record<ServiceName, readonly string[]>>
  /** `host[:port]` of the metadata server. */
  readonly metadataHost: string
  /** Left out: the system's authorities. */
  readonly caFile?: string | undefined
}

export type ServiceName = 'proxy' | 'authorize' | 'authenticate'

/** TLS on a public listener: one certificate or several, chosen by the name that the client asks for; the first is for all others. */
export interface ServerTls {
  readonly certificates: readonly [CertificatePair, ...CertificatePair[]]
}

/** The content, not the path, of what the configuration names: another content is another configuration. */
export interface CertificatePair {
  /** PEM, intermediates included. */
  readonly certificate: string
  /** PEM. */
  readonly key: Secret
}

/** A target as `@grpc/grpc-js` takes it: `dns:///host:port`, `unix:/path`. Several: each gets its own streams. */
export type GrpcTarget = string

// ---------------------------------------------------------------------------------------------------------- proxy

/** The proxy's slice: where to forward. No secret that could make a session. */
export interface ProxyConfig extends CommonConfig {
  readonly listen: ListenAddress
  /** `undefined`: plain HTTP, TLS ends in front of us. */
  readonly tls: ServerTls | undefined
  /** Left out: clients are not asked for certificates. */
  readonly clientCertificates?: ClientCertificatesConfig | undefined
  /** A second listener that sends everything to https; left out: none. */
  readonly redirectListen?: ListenAddress | undefined
  /** Health and metrics for the platform; `undefined`: only `/ping` on the public listener. */
  readonly healthListen: ListenAddress | undefined
  readonly authorizeTargets: readonly GrpcTarget[]
  readonly authenticateTargets: readonly GrpcTarget[]
  readonly checkMode: 'stream' | 'unary'
  /** Time for one decision, all attempts included. */
  readonly checkTimeoutMs: number
  /**
   * Where to forward requests for the authenticate host: `http:`, `https:`, or `unix:///path` of a socket.
   * `undefined`: this proxy does not front authenticate.
   */
  readonly authenticateInternalUrl: URL | undefined
  readonly routes: readonly ProxyRoute[]
  /** How many right-most `X-Forwarded-For` entries come from proxies we trust. */
  readonly trustedHops: number
  readonly skipForwardedForAppend: boolean
  readonly limits: RequestLimits
  /** Left out: the strict ones. */
  readonly requestRules?: RequestRules
  readonly timeouts: ProxyTimeouts
  readonly defaultResponseHeaders: Readonly<Record<string, string>>
  readonly googleCredential: GoogleCredential
  /** Of the access record; left out: the usual ones. */
  readonly accessLogFields?: readonly AccessField[] | undefined
  /** Lower-case names that no client may send: claim headers of any route. */
  readonly reservedRequestHeaders: readonly string[]
}

export interface RequestLimits {
  readonly maxHeaderCount: number
  readonly maxHeaderBytes: number
  readonly maxUrlBytes: number
}

export interface RouteFrom {
  readonly scheme: 'http' | 'https'
  /** Canonical, or with `*` for a wildcard. */
  readonly host: string
  /** `undefined`: any incoming port. */
  readonly port: number | undefined
}

export type PathMatch =
  | { readonly kind: 'any' }
  /** A plain string prefix, as Pomerium has it. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'path'; readonly path: string }
  /** RE2 semantics; matches the whole path. */
  | { readonly kind: 'regex'; readonly regex: string }

export interface ProxyRoute extends RouteLabels {
  /** Hash over from, path match and destination: the same in every service. A route with a second host is here twice. */
  readonly id: string
  /** `file:line:column` of the route, for messages. */
  readonly source: string
  readonly from: RouteFrom
  readonly pathMatch: PathMatch
  /** Empty exactly where `answer` is set. */
  readonly upstreams: readonly Upstream[]
  /** The route answers by itself; nothing is forwarded. */
  readonly answer?: RouteAnswer | undefined
  /** How one of several upstreams is chosen; left out: in turn. */
  readonly loadBalancing?: 'round-robin' | 'least-request' | 'random'
  /** Of the host keys at most one has an effect: `hostRewrite`, then `hostRewriteHeader`, then `hostPathRewrite`, then `preserveHostHeader`. */
  readonly preserveHostHeader: boolean
  readonly hostRewrite: string | undefined
  /** Lower-case name of the request header whose value becomes the host; the upstream's own where it is missing. */
  readonly hostRewriteHeader?: string | undefined
  /** The host is made from the path. */
  readonly hostPathRewrite?: RegexRewrite | undefined
  readonly prefixRewrite: string | undefined
  /** Never beside `prefixRewrite`. */
  readonly regexRewrite?: RegexRewrite | undefined
  readonly passIdentityHeaders: boolean
  /** Without templates; what needs the session comes from authorize. */
  readonly setRequestHeaders: Readonly<Record<string, string>>
  readonly removeRequestHeaders: readonly string[]
  /** All of them: the default ones are merged in already, or turned off. */
  readonly setResponseHeaders: Readonly<Record<string, string>>
  /** Header values of the application of which the beginning is replaced, in this order. */
  readonly rewriteResponseHeaders?: readonly ResponseHeaderRewrite[]
  readonly allowWebsockets: boolean
  /** 0: none. */
  readonly timeoutMs: number
  /** 0: none. */
  readonly idleTimeoutMs: number
  readonly upstreamTls: {
    readonly skipVerify: boolean
    readonly serverName: string | undefined
    /** PEM authorities in place of the system's. */
    readonly ca?: string | undefined
    /** PEM authorities besides the system's; never with `ca`. */
    readonly furtherCa?: string | undefined
    readonly clientCertificate?: CertificatePair | undefined
  }
  /** Set exactly where `enable_google_cloud_serverless_authentication` is. */
  readonly serverless: ServerlessConfig | undefined
  /** PEM authorities of clients' certificates; left out: certificates mean nothing here. */
  readonly clientAuthorities?: string | undefined
  /** Origins whose pages may read that a sign-in is required here; none when left out. */
  readonly readableBy?: readonly string[]
  /** Lower-case names of headers that this route's policy or templates read, or authorize's log. */
  readonly headersForPolicy: readonly string[]
}

export interface Upstream {
  /** `http:` or `https:` with origin and path prefix; `unix:` with the path of a socket. */
  readonly url: URL
  readonly weight: number
  /** HTTP/2 without TLS from the first byte; `url` is `http:`. */
  readonly h2c?: true
  /** TLS inside the socket; `url` is `unix:`. */
  readonly tlsInSocket?: true
}

export interface ServerlessConfig {
  readonly audience: string
  readonly header: 'x-serverless-authorization' | 'authorization' | 'both'
}

/** Where Google identity tokens come from. */
export type GoogleCredential =
  /** Metadata server, `GOOGLE_APPLICATION_CREDENTIALS` or gcloud: what the Google libraries find. */
  | { readonly kind: 'ambient' }
  /** The JSON text of a credential, already decoded from base64 where it was. */
  | { readonly kind: 'json'; readonly json: Secret }

// ------------------------------------------------------------------------------------------------------ authorize

/** Authorize's slice: who may. Reads sessions, cannot create them. */
export interface AuthorizeConfig extends CommonConfig {
  readonly healthListen: ListenAddress | undefined
  readonly sharedSecret: Secret
  /** Accepted beside the first, which alone signs and seals; left out: none. */
  readonly acceptedSharedSecrets?: readonly Secret[]
  readonly signingKey: SigningKeyConfig
  readonly redis: RedisConfig | undefined
  readonly authenticateTargets: readonly GrpcTarget[]
  readonly routes: readonly AuthorizeRoute[]
  /** Hosts to which a program may have its credential sent; none when left out. */
  readonly programRedirectHosts?: readonly string[]
  /** Of the decision record; left out: the usual ones. */
  readonly decisionLogFields?: readonly DecisionField[] | undefined
}

/** PEM private keys, first signs; or derived from the shared secret when none is configured. */
export type SigningKeyConfig = { readonly kind: 'pem'; readonly pem: Secret } | { readonly kind: 'derived' }

export interface AuthorizeRoute {
  readonly id: string
  readonly name: string | undefined
  readonly source: string
  readonly from: RouteFrom
  /** The route's PPL document as plain data, and its path in the file for messages (`routes.3.policy`). */
  readonly policy: unknown
  readonly policyPath: readonly (string | number)[]
  readonly access: AccessShorthands
  /** Whose bearer tokens count in place of a session; left out: nobody's. */
  readonly bearer?: BearerFormat | undefined
  /** The flattened claim that holds a person's groups; left out: `groups`. */
  readonly groupsClaim?: string | undefined
  /** The route's own client at the IdP (`idpIdOf`): only its sessions count. Left out: the usual client's. */
  readonly idpId?: string | undefined
  /** Hosts that sign in together with this route's. */
  readonly dependsOn?: readonly string[]
  /** Whoever shows no valid client certificate is refused first of all. */
  readonly demandsClientCertificate?: boolean
  readonly passIdentityHeaders: boolean
  /** The issuer in the assertion: the host, or `https://host/`. Left out: the host. */
  readonly jwtIssuerFormat?: 'hostOnly' | 'uri'
  /** Header name to claim. */
  readonly jwtClaimsHeaders: Readonly<Record<string, string>>
  /** Values with `${pomerium.…}` templates; expanded once, by authorize. */
  readonly templatedRequestHeaders: Readonly<Record<string, string>>
  readonly showErrorDetails: boolean
}

/** Pomerium's allow keys beside `policy`; together they are one allow rule, `or`-ed with the policy's. */
export interface AccessShorthands {
  readonly allowPublicUnauthenticatedAccess: boolean
  readonly allowAnyAuthenticatedUser: boolean
  readonly corsAllowPreflight: boolean
  readonly allowedUsers: readonly string[]
  readonly allowedDomains: readonly string[]
  readonly allowedIdpClaims: Readonly<Record<string, readonly (string | number | boolean)[]>>
}

// --------------------------------------------------------------------------------------------------- authenticate

/** Authenticate's slice: the IdP and the hosts it may send people back to. */
export interface AuthenticateConfig extends CommonConfig {
  /** Public HTTP. */
  readonly listen: ListenAddress
  readonly tls: ServerTls | undefined
  readonly healthListen: ListenAddress | undefined
  readonly sharedSecret: Secret
  /** Accepted beside the first, which alone signs and seals; left out: none. */
  readonly acceptedSharedSecrets?: readonly Secret[]
  readonly cookieSecret: Secret
  readonly acceptedCookieSecrets?: readonly Secret[]
  readonly redis: RedisConfig | undefined
  readonly idp: IdpConfig
  /** Clients that routes bring themselves, at the same IdP. */
  readonly routeIdps?: readonly IdpConfig[]
  /** Hosts to which a program may have its credential sent; none when left out. */
  readonly programRedirectHosts?: readonly string[]
  /** 0: no idle limit. */
  readonly sessionIdleTimeoutMs: number
  /** The routes' hosts: where a person may be sent back to. */
  readonly returnHosts: readonly RouteFrom[]
  readonly signOutRedirectUrl: URL | undefined
  readonly trustedHops: number
}

export interface IdpConfig {
  readonly provider: string
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  /** `undefined`: the provider's default. */
  readonly scopes: readonly string[] | undefined
  /** `undefined`: the provider's default. */
  readonly requestParams: Readonly<Record<string, string>> | undefined
  /** The claim with the groups, where the configuration names one: who comes without, because they are too many, is refused. */
  readonly groupsClaim?: string
}

/** `undefined` where it stands: sessions live in memory and die with the process. */
export interface RedisConfig {
  /** See `redis-url.ts`; with user and password where Redis has an ACL. */
  readonly url: Secret
  readonly caFile: string | undefined
  /** `ca`: the certificate's names are not looked at, `caFile` alone vouches. Left out: `full`. */
  readonly tlsVerify?: 'full' | 'ca'
  /** Left out: the host that is connected to. */
  readonly tlsServerName?: string
  /** What the sentinels ask for. */
  readonly sentinelUsername?: string
  readonly sentinelPassword?: Secret
  readonly keyPrefix: string
  /** Deadline of one command. */
  readonly commandTimeoutMs: number
  readonly connectTimeoutMs: number
}
