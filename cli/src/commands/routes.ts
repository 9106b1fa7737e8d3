import { describeIssue } from '@postern/shared/config/config-issue.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { exitCodes, parseCommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import type { Command } from '../command.ts'
import { describeRoute } from '../describe-route.ts'
import type { DescribedRoute } from '../describe-route.ts'
import { loadPolicies, noteAbout } from '../explain/load-policies.ts'
import { configFlags } from '../load.ts'
import { formatTable } from '../table.ts'

const routesFlags = {
  config: configFlags.config,
  json: configFlags.json,
  help: configFlags.help,
} as const satisfies FlagSpecs

export const routes: Command = {
  summary: 'list the routes: from, to, who may, what is added',
  usage: 'routes [--config FILE] [--json]',
  details: `The first route that matches decides, in this order, with exact hosts before wildcards. The routes are enough: of
secrets, certificates and addresses, what is missing here is named in one line and left aside.

Example:
  postern routes --config config.yaml`,
  flags: routesFlags,
  run: (context) => {
    const line = parseCommandLine(context.argv, routesFlags)
    const result = loadPolicies(line, context)
    if (result.kind === 'invalid') {
      for (const issue of result.issues) context.host.printError(describeIssue(issue))
      return exitCodes.config
    }
    if (result.leftAside.length > 0) context.host.printError(noteAbout(result.leftAside, 'no matter for the routes'))
    const described = describeRoutes(result.config)
    if (line.flags['json'] === true) context.host.print(JSON.stringify(described, undefined, 2))
    else context.host.print(described.length === 0 ? 'There are no routes.' : asTable(described))
    return exitCodes.ok
  },
}

function describeRoutes(config: LoadedConfig): DescribedRoute[] {
  const access = new Map(config.authorize.routes.map((route) => [route.id, route]))
  return [...byId(config.proxy.routes).values()].map(([first, ...others]) =>
    describeRoute(first, others, access.get(first.id)),
  )
}

/** A route with a second host is there once for each. */
function byId(all: readonly ProxyRoute[]): ReadonlyMap<string, readonly [ProxyRoute, ...ProxyRoute[]]> {
  const routes = new Map<string, [ProxyRoute, ...ProxyRoute[]]>()
  for (const route of all) {
    const known = routes.get(route.id)
    if (known === undefined) routes.set(route.id, [route])
    else known.push(route)
  }
  return routes
}

function asTable(described: readonly DescribedRoute[]): string {
  const rows = described.map(({ from, alsoFrom, to, who, adds }) => [[from, ...alsoFrom], to, who, adds])
  return formatTable(['FROM', 'TO', 'WHO MAY', 'ADDS'], rows)
}
