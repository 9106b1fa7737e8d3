import { readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ, the same on every Linux that Node supports

/** CPU time a process has used so far, user and system, in milliseconds. Linux only. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  // The second field is the command in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
