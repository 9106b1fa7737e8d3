import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const postern = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

/** A service as an operator runs it: its own process, started by its own command. */
export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number
  /** What it logged, parsed. */
  readonly records: readonly Readonly<Record<string, unknown>>[]
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>
}

/** Starts `postern COMMAND --config FILE` and waits until it says that it started. */
export function startServiceProcess(
  command: 'proxy' | 'authorize' | 'authenticate' | 'run',
  configFile: string,
  env: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<ServiceProcess> {
  return startProgram([postern, command, '--config', configFile, '--log-format', 'json', ...options], env)
}

/** The same for a program of its own; `args` are Node's, so flags come first. */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
    },
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  endWithThisProcess(child)
  const records: Record<string, unknown>[] = []
  await started(child, exited, records)
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return (await exited)[0]
  }
  return {
    pid: child.pid ?? 0,
    records,
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL')
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await end('SIGKILL')
    },
  }
}

/**
 * A service whose test was killed would run on. A shell beside it waits for the end of a pipe from this process, which
 * comes with the end of this process, however that comes about.
 */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined) return
  const watch = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$1"', 'watch', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watch.unref()
  if (watch.stdin instanceof Socket) watch.stdin.unref()
  child.once('exit', () => watch.kill('SIGKILL'))
}

async function started(
  child: ChildProcess,
  exited: Promise<[number | null]>,
  records: Record<string, unknown>[],
): Promise<void> {
  const ready = Promise.withResolvers<undefined>()
  let errors = ''
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const record = parse(line)
      if (record === undefined) continue
      records.push(record)
      if (record['message'] === 'started') ready.resolve(undefined)
    }
  })
  void exited.then(([code]) => {
    ready.reject(new Error(`ended with ${String(code)}: ${errors}${JSON.stringify(records.slice(-5))}`))
  })
  await ready.promise
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}
