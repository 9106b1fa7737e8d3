/**
 * `npm test`: everything that can be wrong, in about the time the slowest lane takes. `npm test -- unit check` for
 * some of it. Prints each step when it ends, every failure in full, and one closing line; exits 1 when anything failed.
 */
import { argv, env, exit, stdout } from 'node:process'
import type { StepOutcome } from './run-child.ts'
import { groups, isInstalled, type Step } from './test-steps.ts'

interface Result {
  readonly step: Step
  readonly outcome: StepOutcome | 'not run'
}

const unknown = argv.slice(2).filter((name) => !Object.hasOwn(groups, name))
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`)
  exit(64)
}
const chosen = argv.length > 2 ? argv.slice(2) : Object.keys(groups)
const steps = chosen.flatMap((name) => groups[name] ?? [])
const started = Date.now()
const running = new Set<string>()
const heartbeat = setInterval(() => say(`  … ${seconds()}  ${[...running].join(', ')}`), 20_000)
const results = (await Promise.all([runLane('checks'), runLane('tests')])).flat()
clearInterval(heartbeat)
exit(close(results))

async function runLane(lane: Step['lane']): Promise<Result[]> {
  const ended: Result[] = []
  for (const step of steps.filter((candidate) => candidate.lane === lane)) ended.push(await runStep(step))
  return ended
}

async function runStep(step: Step): Promise<Result> {
  if (step.needs !== undefined && !step.needs.some(isInstalled)) {
    say(`! ${step.name.padEnd(16)} NOT RUN: ${step.needs[0] ?? ''} is missing; see \`node scripts/install.mjs --test\``)
    return { step, outcome: 'not run' }
  }
  running.add(step.name)
  const from = Date.now()
  const outcome = await step.run()
  running.delete(step.name)
  const counts = step.lane === 'checks' ? '' : `${outcome.passed} passed`
  const trouble = outcome.failed > 0 ? `${outcome.failed} FAILED` : ''
  const skipped = outcome.skipped > 0 ? `${outcome.skipped} skipped` : ''
  const took = `${((Date.now() - from) / 1000).toFixed(1)} s`
  const words = [counts, trouble, skipped].filter((word) => word !== '').join(', ')
  say(`${outcome.failed > 0 ? '✖' : '✔'} ${step.name.padEnd(16)} ${took.padStart(7)}  ${words}`)
  for (const failure of outcome.failures) say(failure)
  return { step, outcome }
}

/** The closing line, and the exit code. What could not run is a failure in CI, and said loudly elsewhere. */
function close(ended: readonly Result[]): number {
  const outcomes = ended.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'not run')
  const sum = (count: (outcome: StepOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0)
  const failed = sum((outcome) => outcome.failed)
  const notRun = ended.filter(({ outcome }) => outcome === 'not run').map(({ step }) => step.name)
  const parts = [
    `${sum((outcome) => outcome.passed)} passed`,
    `${failed} failed`,
    ...(sum((outcome) => outcome.skipped) > 0 ? [`${sum((outcome) => outcome.skipped)} skipped`] : []),
    ...(notRun.length > 0 ? [`NOT RUN: ${notRun.join(', ')}`] : []),
  ]
  const bad = failed > 0 || (notRun.length > 0 && env['CI'] !== undefined)
  say(`\n${bad ? '✖' : '✔'} ${parts.join(', ')} (${seconds()})`)
  return bad ? 1 : 0
}

function seconds(): string {
  return `${((Date.now() - started) / 1000).toFixed(0)} s`
}

function say(text: string): void {
  stdout.write(`${text}\n`)
}
