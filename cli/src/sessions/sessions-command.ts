import { describeIssue } from '@postern/shared/config/config-issue.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { RedisConfig } from '@postern/shared/config/model.ts'
import {
  type CommandLine,
  exitCodes,
  type FlagSpecs,
  parseCommandLine,
  UsageError,
} from '@postern/shared/lifecycle/command-line.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Command } from '../command.ts'
import { configFlags, loadFor } from '../load.ts'
import type { SessionsRequest } from './run-sessions.ts'

const usualLimit = 100

const flags = {
  config: configFlags.config,
  all: { meaning: 'with revoke: everybody’s sessions' },
  limit: { value: 'N', meaning: `with list: how many to show; left out: ${String(usualLimit)}` },
  json: configFlags.json,
  help: configFlags.help,
} as const satisfies FlagSpecs

export const sessions: Command = {
  summary: 'show who is signed in, and end sessions',
  usage: 'sessions list [WHO] | show WHO | revoke WHO | revoke --all [--config FILE] [--json]',
  details: `WHO is an e-mail address, a user id at the identity provider, or the name of one session as list shows it.
Asks the Redis that the configuration names, as authenticate's user. Tokens are never shown. A session that is revoked is
refused by every replica at once; the person can sign in again where the identity provider lets them.
Exit code 1: nobody was found, or Redis does not answer.

Examples:
  postern sessions list --config config.yaml
  postern sessions show ada@example.com --config config.yaml
  postern sessions revoke ada@example.com --config config.yaml`,
  flags,
  run: async (context) => {
    const line = parseCommandLine(context.argv, flags)
    const request = readRequest(line)
    const { host } = context
    const result = loadFor({ ...line, rest: [] }, context)
    if (result.kind === 'invalid') {
      for (const issue of result.issues) host.printError(describeIssue(issue))
      return exitCodes.config
    }
    const redis = redisOf(result.config)
    if (!redis) {
      host.printError(
        'There is no store to ask: without redis_url, sessions are in the memory of the process that runs Postern. Restarting it ends them all.',
      )
      return exitCodes.failed
    }
    const { RedisSessionStore } = await import('@postern/shared/session/redis/redis-session-store.ts')
    const { runSessions } = await import('./run-sessions.ts')
    await using store = await RedisSessionStore.connect(redis, { log: silent })
    return await runSessions(request, { store, host, now: new Date(), json: line.flags['json'] === true })
  },
}

function readRequest({ rest, flags: given }: CommandLine): SessionsRequest {
  const [action, who, ...more] = rest
  const all = given['all'] === true
  if (more.length > 0) throw new UsageError(`unexpected argument ${more[0] ?? ''}`)
  if (all && action !== 'revoke') throw new UsageError('--all goes with revoke')
  if (given['limit'] !== undefined && action !== 'list') throw new UsageError('--limit goes with list')
  switch (action) {
    case 'list':
      return { kind: 'list', who, limit: readLimit(given['limit']) }
    case 'show':
      if (who === undefined) throw new UsageError('show whom? An e-mail address, a user id or the name of a session')
      return { kind: 'show', who }
    case 'revoke':
      if ((who === undefined) === !all) throw new UsageError('expected revoke WHO, or revoke --all')
      return who === undefined ? { kind: 'revoke-all' } : { kind: 'revoke', who }
    default:
      throw new UsageError('expected list, show or revoke')
  }
}

function readLimit(text: string | true | undefined): number {
  if (text === undefined) return usualLimit
  const limit = typeof text === 'string' && /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (limit === 0) throw new UsageError('--limit takes a number from 1')
  return limit
}

function redisOf(config: LoadedConfig): RedisConfig | undefined {
  if (config.services.includes('authenticate')) return config.authenticate.redis
  return config.services.includes('authorize') ? config.authorize.redis : undefined
}

/** What goes wrong is in the answers, and told once. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
