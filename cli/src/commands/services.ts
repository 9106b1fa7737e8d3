import { environmentOf, partsFlag, takeParts } from '@postern/authenticate/parts.ts'
import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import { runService, serviceFlags } from '@postern/shared/lifecycle/run-service.ts'
import type { Command } from '../command.ts'
import { readingWorker } from './reading-worker.ts'

const example = (name: string) => `Example:\n  postern ${name} --config /etc/postern/config.yaml`

export const proxy: Command = {
  summary: 'run the proxy: asks authorize, mints Google tokens, forwards',
  usage: 'proxy [--config FILE]',
  details: example('proxy'),
  flags: serviceFlags,
  run: async ({ argv, env, host }) => {
    const { startProxy } = await import('@postern/proxy/service.ts')
    await runService({ name: 'proxy', argv, env, host, select: (config) => config.proxy, start: startProxy })
  },
}

export const authorize: Command = {
  summary: 'run authorize: reads sessions, decides by policy',
  usage: 'authorize [--config FILE]',
  details: example('authorize'),
  flags: serviceFlags,
  run: async ({ argv, env, host }) => {
    const { startAuthorize } = await import('@postern/authorize/service.ts')
    await runService({
      name: 'authorize',
      argv,
      env,
      host,
      select: (config) => config.authorize,
      start: startAuthorize,
      checkPolicy,
      readingWorker,
    })
  },
}

export const authenticate: Command = {
  summary: 'run authenticate: signs people in with the identity provider',
  usage: 'authenticate [--config FILE] [--only http|grpc]',
  details: `Where a service has one port (Cloud Run), it runs twice: --only http for people, --only grpc for the other services.

${example('authenticate')}`,
  flags: { ...serviceFlags, ...partsFlag },
  run: async ({ argv, env, host }) => {
    const { parts, rest } = takeParts(argv)
    const { startAuthenticate } = await import('@postern/authenticate/service.ts')
    await runService({
      name: 'authenticate',
      argv: rest,
      env: environmentOf(parts, env),
      host,
      select: (config) => config.authenticate,
      start: (config, deps) => startAuthenticate(config, { ...deps, parts }),
    })
  },
}
