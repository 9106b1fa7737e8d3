import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { runChild, type StepOutcome } from './run-child.ts'
import { findTests, type TestKind } from './test-files.ts'

export interface Step {
  readonly name: string
  /** Steps of different lanes run side by side; steps of one lane one after the other. */
  readonly lane: 'checks' | 'tests'
  /** A program of which one must be there. */
  readonly needs?: readonly string[]
  run(): Promise<StepOutcome>
}

/** What each argument of `npm test -- …` stands for. Without an argument: all of it. */
export const groups: Readonly<Record<string, readonly Step[]>> = {
  check: [
    { name: 'types', lane: 'checks', run: () => runChild('tsc', ['-p', 'tsconfig.json', '--pretty']) },
    { name: 'lint', lane: 'checks', run: () => runChild('eslint', ['.', '--max-warnings=0']) },
    { name: 'format', lane: 'checks', run: () => runChild('prettier', ['--check', '--log-level=warn', '.']) },
    { name: 'generated code', lane: 'checks', run: generatedCodeIsCurrent },
  ],
  // Where a failed test leaves something open, its file ends all the same (`--test-force-exit`).
  // One process for all: the law is that unit tests touch no global, and this is what holds them to it.
  unit: [testStep('unit', ['--test-isolation=none']), testStep('kubernetes', ['--test-isolation=none'], ['kubectl'])],
  integration: [testStep('integration', ['--test-force-exit'], ['redis-server'])],
  attack: [testStep('attack', ['--test-force-exit'])],
  browser: [
    testStep(
      'browser',
      ['--test-force-exit', '--test-concurrency=1'],
      ['chromium', 'chromium-browser', 'google-chrome'],
    ),
  ],
}

function testStep(name: TestKind, options: readonly string[], needs?: readonly string[]): Step {
  return {
    name,
    lane: 'tests',
    ...(needs === undefined ? {} : { needs }),
    run: async () => {
      const files = findTests(name)
      if (files.length === 0) return { failures: ['✖ there is no such test'], passed: 0, failed: 1, skipped: 0 }
      const reporter = '--test-reporter=./scripts/test-reporter.ts'
      return await runChild('node', ['--test', '--test-timeout=120000', reporter, ...options, ...files])
    },
  }
}

async function generatedCodeIsCurrent(): Promise<StepOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gen-'))
  try {
    const generated = await runChild('node', ['scripts/generate.ts', folder])
    if (generated.failed > 0) return generated
    return await runChild('diff', ['--recursive', '--brief', 'shared/src/gen', folder])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function isInstalled(program: string): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
