import { cpus, totalmem } from 'node:os'

/** The machine a figure was measured on: figures of different machines do not compare. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${String(cpus().length)} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${String(memory)} GiB, Node ${process.versions.node}, ${process.platform}`
}
