import {
  AwsClient,
  Compute,
  gaxios,
  gcpMetadata,
  IdentityPoolClient,
  JWT,
  UserRefreshClient,
  type AuthClient,
  type AwsClientOptions,
  type IdentityPoolClientOptions,
} from 'google-auth-library'
import { within } from '@postern/shared/google-identity/deadline.ts'
import { readAnswer, type GoogleAnswer } from '@postern/shared/google-identity/google-answer.ts'
import type { IdTokenMinter } from '@postern/shared/google-identity/id-token-minter.ts'
import type {
  ImpersonatedCredential,
  ParsedCredential,
  SourceCredential,
} from '@postern/shared/google-identity/parse-credential.ts'

export type GoogleFetch = typeof fetch

const metadataTimeoutMs = 2000
const networkTimeoutMs = 5000
const maxAnswerBytes = 65_536
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

/** The metadata server, of which the library knows the address; then, where nobody answers there, gcloud's file. */
export function ambientMinter(gcloud: ParsedCredential | undefined, fetch?: GoogleFetch): IdTokenMinter {
  const metadata = metadataMinter()
  if (gcloud === undefined) return metadata
  const local = minterFor(gcloud, fetch)
  return {
    ...local,
    name: `gcloud's ${local.name}`,
    timeoutMs: metadata.timeoutMs + local.timeoutMs,
    mint: (audience) =>
      within(metadata.timeoutMs, metadata.mint(audience)).catch((error: unknown) => {
        if (readAnswer(error).status === undefined) return local.mint(audience)
        throw error
      }),
  }
}

export function minterFor(credential: ParsedCredential, fetch?: GoogleFetch): IdTokenMinter {
  switch (credential.type) {
    case 'service_account':
      return serviceAccountMinter(credential, fetch)
    case 'authorized_user':
      return userMinter(credential, fetch)
    case 'impersonated':
      return impersonationMinter(credential, fetch)
    case 'external_account': // the parser hands it out only as the source of an impersonation
      throw new TypeError('a federated identity has no ID tokens of its own')
  }
}

function metadataMinter(): IdTokenMinter {
  // On Cloud Run the library would wait without end for a metadata server that hangs, and what we have given up on
  // would pile up. Told that this is not Cloud Run, it breaks off each attempt after three seconds.
  gcpMetadata.setGCPResidency(false)
  const compute = new Compute()
  return {
    name: 'the service account of this machine (metadata server)',
    timeoutMs: metadataTimeoutMs,
    // The library pastes the audience into the query as it is; `&` and `#` in it would change the request.
    mint: (audience) => compute.fetchIdToken(encodeURIComponent(audience)),
    advise: ({ status }) =>
      status === 404
        ? 'There is no service account identity here: give this workload a service account.'
        : 'Outside Google Cloud, set google_cloud_serverless_authentication_service_account. ' +
          'Behind an HTTP proxy, NO_PROXY must name 169.254.169.254 and metadata.google.internal.',
  }
}

function serviceAccountMinter(
  { email, key }: Extract<SourceCredential, { type: 'service_account' }>,
  fetch: GoogleFetch | undefined,
): IdTokenMinter {
  const client = new JWT({ email, key: key.reveal(), transporter: transporter(fetch) })
  return {
    name: `the key of ${email}`,
    timeoutMs: networkTimeoutMs,
    mint: (audience) => client.fetchIdToken(audience),
    advise: ({ status }) =>
      status === 400 || status === 401
        ? 'Check that the key was not deleted or disabled, and that the clock of this machine is right.'
        : 'Check that this machine reaches https://oauth2.googleapis.com.',
  }
}

function userMinter(
  credential: Extract<SourceCredential, { type: 'authorized_user' }>,
  fetch: GoogleFetch | undefined,
): IdTokenMinter {
  const client = userClient(credential, fetch)
  return {
    name: "a person's credential",
    warning: "ID tokens speak for the person who ran gcloud, with gcloud's own audience: for development only",
    timeoutMs: networkTimeoutMs,
    fixedAudience: credential.clientId,
    mint: (audience) => client.fetchIdToken(audience),
    advise: () => 'Sign in again: gcloud auth application-default login.',
  }
}

/**
 * `generateIdToken` with the library's authenticated request. Its `Impersonated` class sends the same, but prints a
 * warning about unchecked addresses on every start; ours are checked.
 */
function impersonationMinter(
  { target, delegates, source }: ImpersonatedCredential,
  fetch: GoogleFetch | undefined,
): IdTokenMinter {
  const client = sourceClient(source, fetch)
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${target}:generateIdToken`
  return {
    name: `${target}, impersonated by ${sourceName(source)}`,
    timeoutMs: networkTimeoutMs,
    mint: async (audience) => {
      const data = { audience, delegates, includeEmail: true, useEmailAzp: true }
      const retryConfig = { retry: 2, httpMethodsToRetry: ['POST'] }
      const { data: answer } = await client.request<{ token?: string }>({ url, method: 'POST', data, retryConfig })
      return answer.token ?? ''
    },
    advise: (answer) => adviseImpersonation(answer, target, sourceName(source)),
  }
}

function adviseImpersonation({ status }: GoogleAnswer, target: string, source: string): string {
  if (status === 404) return `Check that ${target} exists.`
  if (status !== 401 && status !== 403) return 'Check that this machine reaches https://iamcredentials.googleapis.com.'
  return `Grant roles/iam.serviceAccountOpenIdTokenCreator on ${target} to ${source}, and enable the IAM Credentials API.`
}

function sourceClient(source: SourceCredential, fetch: GoogleFetch | undefined): AuthClient {
  switch (source.type) {
    case 'service_account':
      return new JWT({
        email: source.email,
        key: source.key.reveal(),
        scopes: [cloudPlatform],
        transporter: transporter(fetch),
      })
    case 'authorized_user':
      return userClient(source, fetch)
    case 'external_account': {
      const options = { ...source.options, scopes: [cloudPlatform], transporter: transporter(fetch) }
      return source.fromAws
        ? new AwsClient(options as unknown as AwsClientOptions)
        : new IdentityPoolClient(options as unknown as IdentityPoolClientOptions)
    }
  }
}

function sourceName(source: SourceCredential): string {
  switch (source.type) {
    case 'service_account':
      return source.email
    case 'authorized_user':
      return 'the person who ran gcloud'
    case 'external_account':
      return `the federated identity of ${String(source.options['audience'])}`
  }
}

function userClient(
  { clientId, clientSecret, refreshToken }: Extract<SourceCredential, { type: 'authorized_user' }>,
  fetch: GoogleFetch | undefined,
): UserRefreshClient {
  return new UserRefreshClient({
    clientId,
    clientSecret: clientSecret.reveal(),
    refreshToken: refreshToken.reveal(),
    transporter: transporter(fetch),
  })
}

function transporter(fetch: GoogleFetch | undefined): gaxios.Gaxios {
  return new gaxios.Gaxios({
    timeout: networkTimeoutMs,
    maxContentLength: maxAnswerBytes,
    ...(fetch === undefined ? {} : { fetchImplementation: fetch }),
  })
}
