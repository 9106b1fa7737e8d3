import process from 'node:process'

/** What a program needs of the process it runs in; a parameter, so that tests can be the process. */
export interface ProcessHost {
  /** A line for people, on standard error. */
  printError(line: string): void
  /** A line of the result, on standard output. */
  print(line: string): void
  /** Shows how far a command is, in place of what was shown before; the empty text takes it away. Only on a terminal. */
  showProgress?(text: string): void
  onSignal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', listener: () => void): Disposable
  exit(code: number): void
  readonly isTerminal: boolean
}

export const nodeProcess: ProcessHost = {
  printError: (line) => void process.stderr.write(`${line}\n`),
  print: (line) => void process.stdout.write(`${line}\n`),
  showProgress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
  },
  onSignal: (signal, listener) => {
    process.on(signal, listener)
    return { [Symbol.dispose]: () => process.off(signal, listener) }
  },
  exit: (code) => process.exit(code),
  isTerminal: process.stdout.isTTY,
}
