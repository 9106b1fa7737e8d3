#!/usr/bin/env node
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { freeUsualPorts } from './ports.ts'
import { banner, colored, plain } from './quick-start/banner.ts'
import { consoleLines } from './quick-start/console-lines.ts'
import { startStack } from './stack.ts'

// `npm start`: everything on this machine, until Ctrl-C.

const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

// The stand-in for Google is on this machine; a company's HTTP proxy must not be asked for it.
process.env['NO_PROXY'] = [process.env['NO_PROXY'] ?? process.env['no_proxy'], '127.0.0.1', 'localhost']
  .filter(Boolean)
  .join(',')

const stopped = Promise.withResolvers<undefined>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.once(signal, () => process.exit(130))
    stopped.resolve(undefined)
  })
}

const destination = consoleLines(process.stdout, color)
const log = createLogger({ service: 'postern', level: 'info', format: 'json', destination })
{
  await using stack = await startStack({ processEnvironment: process.env, log, ports: await freeUsualPorts() })
  process.stdout.write(banner(stack, color ? colored : plain))
  await stopped.promise
  process.stdout.write('\n  Stopping…\n')
}
