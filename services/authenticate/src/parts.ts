import { parseCommandLine, UsageError, type FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'

/**
 * What of the service runs here. A platform that gives a service one port (Cloud Run) runs it twice: `http` for people,
 * `grpc` for the other two services. Both write to the same Redis.
 */
export type Parts = 'all' | 'http' | 'grpc'

export const partsFlag = {
  only: { value: 'PART', meaning: 'http: what people open; grpc: what the other services call; left out: both' },
} as const satisfies FlagSpecs

type Environment = Readonly<Record<string, string | undefined>>

/** Takes `--only` out of a command line. Throws `UsageError`. */
export function takeParts(argv: readonly string[]): { readonly parts: Parts; readonly rest: readonly string[] } {
  const at = argv.findIndex((word) => word === '--only' || word.startsWith('--only='))
  if (at < 0) return { parts: 'all', rest: argv }
  const words = argv.slice(at, at + (argv[at] === '--only' ? 2 : 1))
  const { only } = parseCommandLine(words, partsFlag).flags
  if (only !== 'http' && only !== 'grpc') throw new UsageError(`--only is http or grpc, not ${String(only)}`)
  return { parts: only, rest: argv.toSpliced(at, words.length) }
}

/**
 * The environment as the parts see it: what does not run here needs no address, no certificate and no proof of who calls;
 * what does gets the one port that the platform gives.
 */
export function environmentOf(parts: Parts, env: Environment): Environment {
  const { PORT: port = '' } = env
  switch (parts) {
    case 'all':
      return env
    case 'http':
      return { ...env, GRPC_ADDRESS: 'unix:///nobody-listens' }
    case 'grpc':
      return { ...env, INSECURE_SERVER: 'true', ...(port === '' ? {} : { GRPC_ADDRESS: `:${port}` }) }
  }
}
