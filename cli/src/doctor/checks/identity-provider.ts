import type { IdpConfig } from '@postern/shared/config/model.ts'
import type { IdpAnswer, ProviderInspection } from '@postern/authenticate/idp/inspect-provider.ts'
import type { Check, CheckContext } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { unlessAborted, type Failed } from '../probe/connect.ts'
import { explainFailure } from '../probe/failure-text.ts'
import { ask } from '../probe/http.ts'

/** Discovery, keys, and what is to be registered there. */
export function identityProviderCheck(idp: IdpConfig, authenticateUrl: URL): Check {
  const callback = new URL('/oauth2/callback', authenticateUrl).href
  const registered: Told = ok(`redirect URI to register for client ${idp.clientId}: ${callback}`)
  return {
    group: 'idp',
    about: idp.issuer.href.replace(/\/$/, ''),
    run: async (context) => [
      ...(await (idp.provider === 'github' ? github(idp, context) : openid(idp, context))),
      registered,
    ],
  }
}

/** GitHub has no discovery: its site has to be reachable, and that is all there is to know beforehand. */
async function github({ issuer }: IdpConfig, { clock, clocks, lookup, signal }: CheckContext): Promise<Told[]> {
  const answer = await ask({ url: new URL('/login', issuer) }, { lookup, signal, now: () => clock.now().getTime() })
  if (answer.kind === 'failed') return [unreachable(answer)]
  clocks.addDate(`the identity provider (${issuer.host})`, answer.headers.date, answer.sentMs, answer.answeredMs)
  return [ok('answers')]
}

async function openid(idp: IdpConfig, { clock, clocks, signal }: CheckContext): Promise<Told[]> {
  const { inspectProvider } = await import('@postern/authenticate/idp/inspect-provider.ts')
  let found: ProviderInspection
  try {
    found = await unlessAborted(inspectProvider(idp, { clock }), signal)
  } catch {
    return [unreachable(failedFor('timeout'))]
  }
  for (const { date, sentMs, answeredMs } of found.answers)
    clocks.addDate(`the identity provider (${idp.issuer.host})`, date, sentMs, answeredMs)
  if (found.metadata === undefined) return [discoveryFailure(idp, found.answers[0])]
  return [discovered(found.metadata), keys(found), ...pkce(found.metadata), ...scopes(found)]
}

/** fetch says why, and not how far it got; the code tells. */
function failedFor(code: string): Failed {
  const isDns = code === 'ENOTFOUND' || code === 'EAI_AGAIN'
  const step = isDns ? 'dns' : /CERT|SSL|TLS|LEAF|ISSUER/.test(code) ? 'tls' : 'tcp'
  return { kind: 'failed', step, code, addresses: [] }
}

function unreachable(failed: Failed): Told {
  const { says, advice } = explainFailure(failed, adviceForIdp[failed.code])
  return problem(`does not answer, so nobody can sign in: ${says}`, advice)
}

const authority = 'Let Node trust the authority of the identity provider: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.'
const adviceForIdp: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the spelling of idp_provider_url.',
  SELF_SIGNED_CERT_IN_CHAIN: authority,
  DEPTH_ZERO_SELF_SIGNED_CERT: authority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: authority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: authority,
}

/** Discovery was refused; the first answer says why, or openid-client's own checks did. */
function discoveryFailure({ issuer }: IdpConfig, answer: IdpAnswer | undefined): Told {
  if (answer?.status === undefined) return unreachable(failedFor(answer?.failure ?? 'timeout'))
  if (answer.status !== 200)
    return problem(
      `answers ${String(answer.status)} for ${answer.url}`,
      'Set idp_provider_url to the issuer itself, as the discovery document of the provider names it.',
    )
  const configured = issuer.href
  if (answer.issuer !== undefined && answer.issuer !== configured && `${answer.issuer}/` !== configured)
    return problem(
      `calls itself ${printable(answer.issuer)}, and not as idp_provider_url says`,
      `Set idp_provider_url: ${printable(answer.issuer)}, if that is the provider you mean.`,
    )
  return problem(`what it answers for ${answer.url} is no discovery document`, 'Check idp_provider_url.')
}

function discovered(metadata: Readonly<Record<string, unknown>>): Told {
  const missing = ['authorization_endpoint', 'token_endpoint'].filter((name) => typeof metadata[name] !== 'string')
  if (missing.length === 0) return ok('discovery answers, and its issuer is the configured one')
  return problem(
    `its discovery document names no ${missing.join(' and no ')}`,
    'Check idp_provider_url; nobody can sign in at a provider without it.',
  )
}

function keys({ signingKeys }: ProviderInspection): Told {
  if (signingKeys !== undefined && signingKeys > 0)
    return ok(`${String(signingKeys)} signing key${signingKeys === 1 ? '' : 's'} can be read`)
  return problem(
    signingKeys === undefined ? 'its signing keys (jwks_uri) cannot be read' : 'it publishes no signing key',
    'No ID token could be verified, so nobody could sign in: ask who runs the provider, or let this machine reach jwks_uri.',
  )
}

function pkce({ code_challenge_methods_supported: methods }: Readonly<Record<string, unknown>>): Told[] {
  if (!Array.isArray(methods)) return [] // saying nothing is allowed, and most of those have it (RFC 8414, 2)
  if (methods.includes('S256')) return [ok('supports PKCE with S256')]
  return [
    warning('does not list PKCE with S256', 'Postern sends it all the same; ask who runs the provider to support it.'),
  ]
}

function scopes({ metadata, scopes: asked }: ProviderInspection): Told[] {
  const listed: unknown = metadata?.['scopes_supported']
  if (!Array.isArray(listed)) return []
  const missing = asked.filter((scope) => !listed.includes(scope))
  if (missing.length === 0) return [ok(`knows the scopes that are asked for: ${asked.join(' ')}`)]
  return [
    warning(
      `does not list ${missing.length === 1 ? 'the scope' : 'the scopes'} ${missing.join(' ')}, which a sign-in asks for`,
      'If sign-ins fail with invalid_scope, set idp_scopes to what it knows; without offline_access, sessions cannot be refreshed.',
    ),
  ]
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
