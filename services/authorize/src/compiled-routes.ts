import type { AuthorizeConfig, AuthorizeRoute } from '@postern/shared/config/model.ts'
import { inSlices } from '@postern/shared/lifecycle/in-slices.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { prepareTemplates, type HeaderTemplates } from './answer/header-templates.ts'
import { identityHeaderNames } from './answer/identity-headers.ts'
import { compilePolicy, type CompiledPolicy } from './policy/compile-policy.ts'
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

/**
 * All routes of a configuration by their id.
 * @throws PosternError `CONFIG_INVALID` when a policy cannot be read: no route is served by half a policy.
 */
export function compileRoutes({ routes }: Pick<AuthorizeConfig, 'routes'>): ReadonlyMap<string, CompiledRoute> {
  const ownIdps = new Set(routes.map(({ idpId }) => idpId))
  return new Map(routes.map((route) => [route.id, { ...compileOnce(route), acceptsIdp: acceptsIdp(route, ownIdps) }]))
}

/** The same, ahead of the time when it is needed, while checks go on. @throws PosternError `CONFIG_INVALID` */
export function compileAhead({ routes }: Pick<AuthorizeConfig, 'routes'>): Promise<void> {
  return inSlices(routes, compileOnce)
}

type Compiled = Omit<CompiledRoute, 'acceptsIdp'>

const compiled = new WeakMap<AuthorizeRoute, Compiled>()

function compileOnce(route: AuthorizeRoute): Compiled {
  const known = compiled.get(route) ?? compileRoute(route)
  compiled.set(route, known)
  return known
}

function acceptsIdp(route: AuthorizeRoute, ownIdps: ReadonlySet<string | undefined>): CompiledRoute['acceptsIdp'] {
  return (idpId) => (route.idpId === undefined ? !ownIdps.has(idpId) : idpId === route.idpId)
}

function compileRoute(route: AuthorizeRoute): Compiled {
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
  }
}
