import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { env as environment } from 'node:process'
import { createInterface } from 'node:readline'
import { messageMark, type TestMessage } from './test-reporter.ts'

export interface StepOutcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What to show about the failures, ready to print. */
  readonly failures: readonly string[]
}

const maxOutputLines = 200

/**
 * Runs a program to its end. A program that reports tests counts as its tests; any other counts as one check, and its
 * output is what to show when it fails.
 */
export async function runChild(command: string, args: readonly string[]): Promise<StepOutcome> {
  // Compiled once for all the processes that tests are: a quarter of their CPU time is stripping types from the same files.
  const env = { NODE_COMPILE_CACHE: resolve('.cache/compile'), ...environment }
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const output: string[] = []
  const failures: string[] = []
  let counts: Extract<TestMessage, { kind: 'done' }> | undefined
  const read = (line: string): void => {
    if (!line.startsWith(messageMark)) return void output.push(line)
    const message = JSON.parse(line.slice(messageMark.length)) as TestMessage
    if (message.kind === 'failed') failures.push(`✖ ${message.title}\n  ${message.place}\n${indent(message.detail)}`)
    if (message.kind === 'done') counts = message
  }
  createInterface(child.stdout).on('line', read)
  createInterface(child.stderr).on('line', read)
  const { promise, resolve: end } = Promise.withResolvers<number | string>()
  child.once('error', (error) => end(error.message))
  child.once('close', (code, signal) => end(code ?? signal ?? 'ended without a code'))
  const ending = await promise
  const shown = indent(output.slice(-maxOutputLines).join('\n'))
  if (counts === undefined) {
    if (ending === 0) return { passed: 1, failed: 0, skipped: 0, failures }
    return { passed: 0, failed: 1, skipped: 0, failures: [`✖ ${command} ${args[0] ?? ''} (${ending})\n${shown}`] }
  }
  if (ending === 0 || counts.failed > 0) return { ...counts, failures }
  return { ...counts, failed: 1, failures: [`✖ the test process ended with ${ending}\n${shown}`] }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
