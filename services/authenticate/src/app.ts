import Koa from 'koa'
import Router from 'koa-router'
import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { completeSignIn, type CompleteSignInDeps } from './sign-in/complete-sign-in.ts'
import {
  initiateLoginPath,
  initiateSignIn,
  initiateSignInByPost,
  type InitiateSignInDeps,
} from './sign-in/initiate-sign-in.ts'
import { recordRefusedSignIn } from './sign-in/sign-in-event.ts'
import { startSignIn, type StartSignInDeps } from './sign-in/start-sign-in.ts'
import { backChannelLogout, type BackChannelLogoutDeps } from './sign-out/back-channel-logout.ts'
import { askOrSignOut, confirmSignOut, signedOut, type SignOutEndpointDeps } from './sign-out/sign-out-endpoints.ts'
import { discoveryDocument } from './web/discovery-document.ts'
import { errorBoundary } from './web/error-boundary.ts'
import type { Context, Middleware, RequestState } from './web/koa.ts'
import { ownHost } from './web/own-host.ts'
import { respondText } from './web/page.ts'
import { redirect } from './web/redirect.ts'
import { requestContext } from './web/request-context.ts'
import { sameOriginPost } from './web/same-origin.ts'
import { securityHeaders } from './web/security-headers.ts'
import { userInfo } from './web/user-info.ts'

export type AppDeps = StartSignInDeps &
  InitiateSignInDeps &
  CompleteSignInDeps &
  SignOutEndpointDeps &
  BackChannelLogoutDeps & { readonly clock: Clock }

/** Everything this service answers over HTTP, in the order it runs. */
export function authenticateApp(deps: AppDeps): Koa<RequestState> {
  const ownUrl = (): URL => deps.config.current.authenticateUrl
  const refused = recordRefusedSignIn(deps, () => deps.idps.usual.id)

  const alive = new Router<RequestState>({ sensitive: true, strict: true })
  alive.get('/ping', (ctx) => respondText(ctx, 'OK'))
  alive.get('/healthz', (ctx) => respondText(ctx, 'OK'))

  const own = new Router<RequestState>({ sensitive: true, strict: true })
  own.get('/', (ctx) => redirect(ctx, new URL('/.pomerium/', ownUrl())))
  own.get('/robots.txt', (ctx) => respondText(ctx, 'User-agent: *\nDisallow: /\n'))
  own.get('/.well-known/pomerium', discoveryDocument(deps.config))
  own.get('/.pomerium', (ctx) => redirect(ctx, new URL('/.pomerium/', ownUrl())))
  own.get('/.pomerium/', userInfo(deps))
  own.get('/.pomerium/sign_in', refused, startSignIn(deps))
  own.get(initiateLoginPath, refused, initiateSignIn(deps))
  own.post(initiateLoginPath, refused, initiateSignInByPost(deps.config))
  own.get('/oauth2/callback', refused, completeSignIn(deps))
  own.post('/oauth2/callback', onlyFormPost(deps), refused, completeSignIn(deps))
  own.get('/.pomerium/sign_out', askOrSignOut(deps))
  own.post('/.pomerium/sign_out', sameOriginPost(ownUrl), confirmSignOut(deps))
  own.get('/.pomerium/signed_out', signedOut(deps))
  own.post('/.pomerium/backchannel_logout', backChannelLogout(deps))

  const app = new Koa<RequestState>({ proxy: false })
  app.use(requestContext(deps))
  app.use(securityHeaders({ https: ownUrl().protocol === 'https:' }))
  app.use(errorBoundary(deps.log)) // exceptions end here
  app.use(alive.routes())
  app.use(ownHost(ownUrl))
  app.use(own.routes())
  app.use(noSuchEndpoint([alive, own]))
  return app
}

/** Only an IdP that was asked to answer by POST may (CSRF-11). */
function onlyFormPost(deps: Pick<AppDeps, 'idps'>): Middleware {
  return async (ctx, next) => {
    if (!deps.idps.usual.formPost) throw notAllowed(ctx, ['HEAD', 'GET'])
    await next()
  }
}

/** Another method than the endpoint has, or no endpoint. */
function noSuchEndpoint(routers: readonly Router<RequestState>[]): Middleware {
  return (ctx) => {
    const methods = routers.flatMap((router) =>
      router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods),
    )
    if (methods.length > 0) throw notAllowed(ctx, methods)
    throw new PosternError('PAGE_NOT_FOUND', 'no endpoint has this address')
  }
}

function notAllowed(ctx: Context, methods: readonly string[]): PosternError {
  ctx.set('allow', [...new Set(methods)].join(', '))
  return new PosternError('METHOD_NOT_ALLOWED', 'this address does not take that method')
}
