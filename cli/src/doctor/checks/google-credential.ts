import type { ProxyConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { IdTokenMinter } from '@postern/shared/google-identity/id-token-minter.ts'
import type { IdTokenSource } from '@postern/proxy/google-identity/id-token-source.ts'
import type { Check } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { unlessAborted } from '../probe/connect.ts'

export interface GoogleIdentity {
  readonly minter: Pick<IdTokenMinter, 'name' | 'warning'>
  readonly tokens: Pick<IdTokenSource, 'idToken'>
}

/** For each audience that a route needs a token for: can this credential mint it, and as whom. */
export function googleCredentialChecks(config: ProxyConfig, identity: GoogleIdentity): readonly Check[] {
  const audiences = new Set(config.routes.flatMap(({ serverless }) => (serverless ? [serverless.audience] : [])))
  if (audiences.size === 0) return []
  const { name, warning: caution } = identity.minter
  const source: Check = {
    group: 'google',
    about: 'source',
    run: () =>
      Promise.resolve([
        caution === undefined
          ? ok(name)
          : warning(`${name}: ${caution}`, 'In production, run as a service account of its own.'),
      ]),
  }
  return [source, ...[...audiences].map((audience) => mintCheck(audience, identity))]
}

function mintCheck(audience: string, { tokens }: GoogleIdentity): Check {
  return {
    group: 'google',
    about: audience,
    run: async ({ signal }): Promise<readonly Told[]> => {
      try {
        const token = await unlessAborted(tokens.idToken(audience), signal)
        return [ok(`an ID token is minted as ${accountIn(token) ?? 'an account that it does not name'}`)]
      } catch (error) {
        return [mintFailure(error)]
      }
    },
  }
}

function mintFailure(error: unknown): Told {
  if (!(error instanceof PosternError))
    return problem('no ID token: no answer in time', 'Check that this machine reaches its metadata server or Google.')
  // The error says who, for whom, what Google answered, and in its last sentences what to do.
  const [, says = '', advice = ''] = /^[A-Z_]+: no ID token for \S+ with (.*?)\. ([A-Z][^]*)$/.exec(error.message) ?? []
  return says === '' ? problem(error.message, 'See the log of the proxy.') : problem(`no ID token with ${says}`, advice)
}

/** The e-mail address in an ID token, which is Google's to verify and ours to show. */
export function accountIn(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const email = typeof claims === 'object' && claims !== null && 'email' in claims ? claims.email : undefined
    return typeof email === 'string' ? email : undefined
  } catch {
    return undefined
  }
}
