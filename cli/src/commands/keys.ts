import { generateKeyPairSync } from 'node:crypto'
import { UsageError, exitCodes, parseCommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import { systemRandom } from '@postern/shared/random.ts'
import type { Command } from '../command.ts'

const flags = {
  json: { meaning: 'print JSON, for programs' },
  help: { short: 'h', meaning: 'print this' },
} as const satisfies FlagSpecs

export const keys: Command = {
  summary: 'make fresh secrets, ready to paste into a configuration',
  usage: 'keys new [--json]',
  details: `shared_secret and cookie_secret are 32 random bytes in base64; signing_key is an EC P-256 private key as base64 of PEM.

Example:
  postern keys new >> config.yaml`,
  flags,
  run: ({ argv, host }) => {
    const line = parseCommandLine(argv, flags)
    if (line.rest.length !== 1 || line.rest[0] !== 'new') throw new UsageError('expected: keys new')
    const made = newKeys()
    if (line.flags['json'] === true) host.print(JSON.stringify(made, undefined, 2))
    else {
      // The empty line ends a last line that has no end of its own, where this is appended to a file.
      host.print('\n# made by postern keys new')
      for (const [name, value] of Object.entries(made)) host.print(`${name}: ${value}`)
    }
    return exitCodes.ok
  },
}

function newKeys(): Readonly<Record<'shared_secret' | 'cookie_secret' | 'signing_key', string>> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    shared_secret: systemRandom(32).toString('base64'),
    cookie_secret: systemRandom(32).toString('base64'),
    signing_key: Buffer.from(pem).toString('base64'),
  }
}
