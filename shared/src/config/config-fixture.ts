// What the configuration's tests share. The keys below protect nothing.
import assert from 'node:assert/strict'
import { describeIssue } from './config-issue.ts'
import { loadConfig } from './load-config.ts'
import type { ConfigInput, LoadedConfig } from './load-config.ts'

export const secretA = 'f3T0nYH6wqBQ4mUe0J9cXyJr1dOq7kR2l8h0uV5sZpE='
export const secretB = 'Zt1uJ0l3cVgq8yR5oXw2mS7bK9dH4nF6pEaQzTiUvBs='

/** Enough for all three services in one process. */
export const baseConfig = `authenticate_service_url: https://authn.example.com
shared_secret: ${secretA}
cookie_secret: ${secretB}
idp_provider: google
idp_client_id: 1234.apps.googleusercontent.com
idp_client_secret: GOCSPX-not-a-real-one
redis_url: rediss://127.0.0.1:6379
insecure_server: true
`

/** Enough for the same three as separate processes that meet on unix sockets. */
export const apartConfig = `${baseConfig}grpc_address: unix:///run/postern/grpc.sock
authorize_service_url: unix:///run/postern/authorize.sock
authenticate_grpc_service_url: unix:///run/postern/authenticate.sock
`

export const oneRoute = `routes:
- from: https://hello.example.com
  to: https://hello-abc-uc.a.run.app
  allow_any_authenticated_user: true
`

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUOqaj7Qu4OxypQ8cme9W8SSR924cwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZml4dHVyZTAgFw0yNjExMjIxMTU1NTlaGA8yMTI2MTAyOTEx
NTU1OVowEjEQMA4GA1UEAwwHZml4dHVyZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABLRNKfF/gHKT2bzoz+8fWQk1s5xmawEjFyhDXe4bNImQ+IYvGLQTDHAYBNfi
0D2To8dErgbsYw+Jw8i8rxL39rijUzBRMB0GA1UdDgQWBBRvI/Rn23tJwN/NMnOO
Qyk6LCsTejAfBgNVHSMEGDAWgBRvI/Rn23tJwN/NMnOOQyk6LCsTejAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIDVaZN/YF8AHniUMaVppxkUlvfTA
2QIy/oBb+kxgM1e1AiAUZIcz52JujK+H9de04PHaoTkyVyhgRR3QIdOyBcZCOg==
-----END CERTIFICATE-----
`

export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn6aMHc3oO0FUbs65
0LOHfTMMM88SGbNyrsparhu6nZihRANCAAS0TSnxf4Byk9m86M/vH1kJNbOcZmsB
IxcoQ13uGzSJkPiGLxi0EwxwGATX4tA9k6PHRK4G7GMPicPIvK8S9/a4
-----END PRIVATE KEY-----
`

export const strangerKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggRMJWHsxdoRw28z2
mYvU22EYfWS3B82RCEGNFCxRmJShRANCAARc1PdJSEnAxoiXedMx/phFuk8kkGbv
IkYEjGNd3m/F+Z3FfwlFCfIf1YdhltxIPT85IPlGYHfbPqyMHaEu590w
-----END PRIVATE KEY-----
`

/** What the files that keys name hold. */
export const namedFiles: Readonly<Record<string, string>> = {
  '/tls/cert.pem': certificate,
  '/tls/key.pem': certificateKey,
  '/tls/stranger.pem': strangerKey,
  '/tls/ca.pem': certificate,
  '/secrets/shared': `${secretA}\n`,
  '/secrets/text': 'from-a-file\n',
  '/secrets/empty': '\n',
}

function input(text: string | undefined, more: Partial<ConfigInput>): ConfigInput {
  return {
    file: text === undefined ? undefined : { path: 'config.yaml', text },
    env: {},
    readFile: (path) => namedFiles[path] ?? assert.fail(Object.assign(new Error(path), { code: 'ENOENT' })),
    ...more,
  }
}

/** A configuration that must be right. */
export function load(text: string | undefined, more: Partial<ConfigInput> = {}): LoadedConfig {
  const result = loadConfig(input(text, more))
  assert.equal(result.kind, 'ok', result.kind === 'invalid' ? result.issues.map(describeIssue).join('\n') : '')
  return result.config
}

/** The errors of a configuration, as printed. */
export function errorsOf(text: string | undefined, more: Partial<ConfigInput> = {}): string[] {
  const result = loadConfig(input(text, more))
  return result.kind === 'invalid' ? result.issues.map(describeIssue) : []
}

/** The warnings of a configuration that must be right otherwise, as printed. */
export function warningsOf(text: string | undefined, more: Partial<ConfigInput> = {}): string[] {
  const result = loadConfig(input(text, more))
  assert.equal(result.kind, 'ok', result.kind === 'invalid' ? result.issues.map(describeIssue).join('\n') : '')
  return result.warnings.map(describeIssue)
}
