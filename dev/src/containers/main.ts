#!/usr/bin/env node
import { standardCertificates, writeCertificates } from '../certificates.ts'
import { standInNames, startStandIn } from './start-stand-in.ts'

// One stand-in for one container, or the certificates for all of them:
//   main.ts metadata-server|identity-provider|cloud-run|hello|verify
//   main.ts certificates DIRECTORY

const [name = '', directory] = process.argv.slice(2)

if (name === 'certificates' && directory !== undefined) {
  // Read by containers with other user ids than the one that writes them; they open nothing outside.
  await writeCertificates(directory, standardCertificates, { keyMode: 0o644 })
} else if (standInNames.includes(name)) {
  const stopped = Promise.withResolvers<undefined>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve(undefined))
  await using _running = await startStandIn(name, process.env)
  process.stdout.write(`${name} listens\n`)
  await stopped.promise
} else {
  const isAsked = name === '--help'
  const output = isAsked ? process.stdout : process.stderr
  output.write(`usage: main.ts ${standInNames.join('|')} | certificates DIRECTORY\n`)
  process.exitCode = isAsked ? 0 : 64
}
