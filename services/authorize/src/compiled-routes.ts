import type { AuthorizeConfig, AuthorizeRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { prepareTemplates, type HeaderTemplates } from './answer/header-templates.ts'
import { identityHeaderNames } from './answer/identity-headers.ts'
import { compilePolicy, type CompiledPolicy } from './policy/compile-policy.ts'
import type { PolicyIssue } from './policy/policy.ts'
import { routePolicy } from './policy/route-policy.ts'

/** A route made ready for many checks. */
export interface CompiledRoute {
  readonly route: AuthorizeRoute
  readonly policy: CompiledPolicy
  readonly templates: HeaderTemplates
  /** What a client sent under these names never reaches the application. */
  readonly identityHeaderNames: readonly string[]
  /** Whether sessions of this client at the IdP count here: the route's own, or any that no route has for itself. */
  readonly acceptsIdp: (idpId: string) => boolean
}

/** What is wrong with who may use a route, for `postern validate` and for start-up. */
export function policyIssues(route: AuthorizeRoute): readonly PolicyIssue[] {
  const result = routePolicy(route)
  return result.kind === 'invalid' ? result.issues : []
}

/**
 * All routes of a configuration by their id.
 * @throws PosternError `CONFIG_INVALID` when a policy cannot be read: no route is served by half a policy.
 */
export function compileRoutes(config: Pick<AuthorizeConfig, 'routes'>): ReadonlyMap<string, CompiledRoute> {
  const ownIdps = new Set(config.routes.map(({ idpId }) => idpId))
  return new Map(config.routes.map((route) => [route.id, compileRoute(route, ownIdps)]))
}

function compileRoute(route: AuthorizeRoute, ownIdps: ReadonlySet<string | undefined>): CompiledRoute {
  const result = routePolicy(route)
  if (result.kind === 'invalid') {
    const list = result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    throw new PosternError('CONFIG_INVALID', `the policy of the route at ${route.source}: ${list}`)
  }
  return {
    route,
    policy: compilePolicy(result.policy),
    templates: prepareTemplates(route.templatedRequestHeaders),
    identityHeaderNames: identityHeaderNames(route),
    acceptsIdp: (idpId) => (route.idpId === undefined ? !ownIdps.has(idpId) : idpId === route.idpId),
  }
}
