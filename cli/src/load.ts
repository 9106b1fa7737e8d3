import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import type { ConfigIssue } from '@postern/shared/config/config-issue.ts'
import { routeListKeys } from '@postern/shared/config/keys/global-keys.ts'
import type { LoadResult } from '@postern/shared/config/load-config.ts'
import type { ServiceName } from '@postern/shared/config/model.ts'
import { ConfigSource } from '@postern/shared/config/reload/config-source.ts'
import { unresolvedIn } from '@postern/shared/google-secrets/open-environment.ts'
import { isServiceName, serviceNames } from '@postern/shared/config/settings/services.ts'
import { didYouMean } from '@postern/shared/config/read/closest.ts'
import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import type { CommandLine, FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import type { CommandContext } from './command.ts'

export const configFlags = {
  config: { value: 'FILE', meaning: 'the configuration file; left out: everything is in the environment' },
  services: { value: 'LIST', meaning: 'the services to look at; left out: what the key `services` says' },
  json: { meaning: 'print JSON, for programs' },
  help: { short: 'h', meaning: 'print this' },
} as const satisfies FlagSpecs

/** What a command may know besides its flags. */
export interface LoadOptions {
  /** Contents of files by absolute path, in place of what the disk has. */
  readonly files?: ReadonlyMap<string, string>
  readonly filesAreElsewhere?: boolean
  /** Only who may use which route is asked: keys of Pomerium's that say nothing about it are no error. */
  readonly onlyAccess?: boolean
  /** In place of those that the configuration names. */
  readonly services?: readonly ServiceName[]
}

/** Loads the configuration that the flags name, policies included. No network. */
export function loadFor(
  { flags, rest }: CommandLine,
  { env }: Pick<CommandContext, 'env'>,
  options: LoadOptions = {},
): LoadResult {
  if (rest.length > 0)
    throw new UsageError(`unexpected argument ${rest[0] ?? ''}; a configuration file goes after --config`)
  const unresolved = unresolvedIn(
    env,
    'a secret reference, and no connection is opened here to resolve it; postern validate --resolve-secrets does',
  )
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined
  const named = typeof flags['services'] === 'string' ? readServiceList(flags['services']) : undefined
  const services = named ?? options.services
  const read = (variables: CommandContext['env']): LoadResult =>
    new ConfigSource({
      path,
      env: variables,
      checkPolicy,
      ...options,
      ...(services === undefined ? {} : { services }),
    }).read()
  if (unresolved.length === 0) return read(env)
  const others = read(withoutReferences(env))
  const inRoutes = others.kind === 'ok' ? [] : others.issues.filter(isInRoutes)
  return { kind: 'invalid', issues: [...unresolved, ...inRoutes], warnings: others.warnings.filter(isInRoutes) }
}

/** What the references would lead to may be missing everywhere else; the routes are here. */
function isInRoutes({ path: [key] }: ConfigIssue): boolean {
  return routeListKeys.some((name) => name === key)
}

/** Leaves out the variables that name a secret elsewhere, except for the `needed` ones. */
export function withoutReferences(env: CommandContext['env'], needed: readonly string[] = []): CommandContext['env'] {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => needed.includes(name) || (name !== 'VALS_FILES' && value?.startsWith('ref+') !== true),
    ),
  )
}

function readServiceList(text: string): ServiceName[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('all')) return [...serviceNames]
  for (const name of names) {
    if (!isServiceName(name)) throw new UsageError(`unknown service ${name}${didYouMean(name, serviceNames)}`)
  }
  return names.filter(isServiceName)
}
