import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import { renderUserInfoPage } from '@postern/shared/pages/user-info-page.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'
import { findSignedIn, type BrowserSessions } from '../session/browser-sessions.ts'
import type { Middleware } from './koa.ts'
import { respondPage } from './page.ts'

export interface UserInfoDeps {
  readonly config: Live<AuthenticateConfig>
  readonly browserSessions: BrowserSessions
  readonly idps: IdentityProviders
}

/** `GET /.pomerium/`: who is signed in here, and what the IdP said. Never a token. */
export function userInfo(deps: UserInfoDeps): Middleware {
  return async (ctx) => {
    const session = (await findSignedIn(ctx, deps))?.session
    respondPage(
      ctx,
      renderUserInfoPage({
        requestId: ctx.state.requestId,
        host: deps.config.current.authenticateUrl.host,
        person: session && personOf(session),
        session,
        claims: session ? claimsToShow(session) : {},
        actions: session ? [{ label: 'Sign out', href: '/.pomerium/sign_out', method: 'POST' }] : [],
      }),
    )
  }
}

function personOf(session: Session) {
  const { userId, name, email, claims } = session.identity
  const groups = (claims['groups'] ?? []).filter((group) => typeof group === 'string')
  return { id: userId, name, email, groups }
}

function claimsToShow(session: Session): Record<string, readonly ClaimValue[] | ClaimValue> {
  return Object.fromEntries(
    Object.entries(session.identity.claims).map(([name, values]) => [
      name,
      values.length === 1 ? (values[0] ?? null) : values,
    ]),
  )
}
