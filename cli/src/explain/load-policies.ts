import { randomBytes } from 'node:crypto'
import type { ConfigIssue } from '@postern/shared/config/config-issue.ts'
import type { LoadResult } from '@postern/shared/config/load-config.ts'
import { serviceNames } from '@postern/shared/config/settings/services.ts'
import type { CommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { CommandContext } from '../command.ts'
import { loadFor, withoutReferences } from '../load.ts'

type Loaded = Extract<LoadResult, { kind: 'ok' }>
type Invalid = Extract<LoadResult, { kind: 'invalid' }>

/** `leftAside`: what is missing or wrong, and says nothing about who may. */
export type LoadedPolicies = (Loaded & { readonly leftAside: readonly ConfigIssue[] }) | Invalid

/**
 * Loads what says who may do what. Whoever writes policies has the routes, and neither the secrets nor the certificates
 * nor the addresses of the place where they run: what of those is missing, or cannot be read here, is left aside.
 */
export function loadPolicies(line: CommandLine, { env }: Pick<CommandContext, 'env'>): LoadedPolicies {
  const services = serviceNames
  const whole = loadFor(line, { env }, { services })
  if (whole.kind === 'ok') return { ...whole, leftAside: [] }
  const here = withoutReferences(env, ['POLICY', 'ROUTES'])
  const load = (variables: Variables, filesAreElsewhere = true): LoadResult =>
    loadFor(line, { env: { ...here, ...variables } }, { services, filesAreElsewhere, onlyAccess: true })
  // The authorities of clients are worth reading, where they are here.
  const withFiles = load(standInsForAll(whole.issues), false)
  if (withFiles.kind === 'ok') return { ...withFiles, leftAside: whole.issues }
  const withoutFiles = load({})
  if (withoutFiles.kind === 'ok') return { ...withoutFiles, leftAside: whole.issues }
  const filled = load(standInsForAll(withoutFiles.issues))
  return filled.kind === 'ok' ? { ...filled, leftAside: whole.issues } : filled
}

/** One line: none of it matters to whoever asks. */
export function noteAbout(leftAside: readonly ConfigIssue[], matter: string): string {
  const names = [...new Set(leftAside.map(({ path, file }) => (path.length === 0 ? file : path.join('.'))))]
  return `note: missing or wrong here, and ${matter}: ${names.join(', ')} (postern validate says more)`
}

type Variables = Readonly<Record<string, string>>

function standInsForAll(issues: readonly ConfigIssue[]): Variables {
  return Object.fromEntries(issues.flatMap(({ path: [key] }) => Object.entries(standInsFor(String(key)))))
}

/** Addresses that lead nowhere, and secrets that nobody knows. */
function standInsFor(key: string): Variables {
  const secret = (): string => randomBytes(32).toString('base64')
  const idp = { IDP_PROVIDER: 'oidc', IDP_PROVIDER_URL: 'https://idp.invalid' }
  const here = 'https://127.0.0.1:5443'
  const oneMachine = {
    GRPC_ADDRESS: '127.0.0.1:5443',
    AUTHORIZE_SERVICE_URL: here,
    AUTHORIZE_SERVICE_URLS: here,
    AUTHORIZE_INTERNAL_SERVICE_URL: here,
    AUTHENTICATE_GRPC_SERVICE_URL: here,
  }
  const standIns: Readonly<Record<string, () => Variables>> = {
    authenticate_service_url: () => ({ AUTHENTICATE_SERVICE_URL: 'https://authenticate.invalid' }),
    authorize_internal_service_url: () => oneMachine,
    authorize_service_url: () => oneMachine,
    authorize_service_urls: () => oneMachine,
    authenticate_grpc_service_url: () => oneMachine,
    certificate_file: () => ({ INSECURE_SERVER: 'true' }),
    cookie_secret: () => ({ COOKIE_SECRET: secret() }),
    grpc_insecure: () => oneMachine,
    grpc_tls: () => oneMachine,
    idp_client_id: () => ({ IDP_CLIENT_ID: 'nobody' }),
    idp_client_secret: () => ({ IDP_CLIENT_SECRET: secret() }),
    idp_provider: () => idp,
    idp_provider_url: () => idp,
    redis_url: () => ({ REDIS_URL: 'redis://127.0.0.1' }),
    shared_secret: () => ({ SHARED_SECRET: secret() }),
  }
  const standIn = Object.hasOwn(standIns, key) ? standIns[key] : undefined
  return standIn?.() ?? {}
}
