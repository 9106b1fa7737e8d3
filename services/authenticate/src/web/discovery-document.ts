import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import { initiateLoginPath } from '../sign-in/initiate-sign-in.ts'
import type { Middleware } from './koa.ts'

/** `GET /.well-known/pomerium`: what Pomerium says about itself there, as far as this service has it. */
export function discoveryDocument(config: Live<AuthenticateConfig>): Middleware {
  return (ctx) => {
    const at = (path: string): string => new URL(path, config.current.authenticateUrl).href
    ctx.set('access-control-allow-origin', '*')
    ctx.set('cross-origin-resource-policy', 'cross-origin')
    ctx.status = 200
    ctx.type = 'application/json'
    ctx.body = JSON.stringify({
      issuer: at('/'),
      authentication_callback_endpoint: at('/oauth2/callback'),
      initiate_login_uri: at(initiateLoginPath),
      backchannel_logout_uri: at('/.pomerium/backchannel_logout'),
      frontchannel_logout_uri: at('/.pomerium/sign_out'),
    })
  }
}
