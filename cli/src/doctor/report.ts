import { groups, type Finding, type GroupName, type Status } from './finding.ts'

export interface ReportStyle {
  /** Of the terminal; left out: lines are as long as they are. */
  readonly color: boolean
}

const colors: Readonly<Record<Status, string>> = { ok: '32', warning: '33', problem: '31;1' }

/** Group by group, one line for each finding, what to do below it, and a last line that sums up. */
export function reportText(findings: readonly Finding[], tookMs: number, { color }: ReportStyle): string {
  const paint = (text: string, code: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text)
  const sections = (Object.keys(groups) as GroupName[]).flatMap((group) => {
    const own = findings.filter((finding) => finding.group === group)
    if (own.length === 0) return []
    const lines = own.flatMap(({ status, about, says, advice }) => [
      `  ${paint(status.padEnd(8), colors[status])} ${about}: ${says}`,
      ...(advice === undefined ? [] : [`           ${paint('→', colors[status])} ${advice}`]),
    ])
    return [[paint(groups[group], '1'), ...lines].join('\n')]
  })
  return [...sections, summary(findings, tookMs)].join('\n\n')
}

function summary(findings: readonly Finding[], tookMs: number): string {
  const number = (status: Status): number => findings.filter((finding) => finding.status === status).length
  const [problems, warnings] = [number('problem'), number('warning')]
  const seconds = `${(tookMs / 1_000).toFixed(1)} s`
  const counted = [
    `${String(number('ok'))} ok`,
    ...(warnings === 0 ? [] : [`${String(warnings)} warning${warnings === 1 ? '' : 's'}`]),
    ...(problems === 0 ? [] : [`${String(problems)} problem${problems === 1 ? '' : 's'}`]),
  ].join(', ')
  if (problems === 0) return `Nothing is wrong: ${counted}, in ${seconds}. Nothing was changed.`
  const first = findings.find(({ status }) => status === 'problem')
  const start = first === undefined || problems === 1 ? '' : ` Begin with the first: ${first.about}.`
  return `Something is wrong: ${counted}, in ${seconds}. Nothing was changed.${start}`
}

/** For programs. */
export function reportJson(findings: readonly Finding[]): string {
  return JSON.stringify({ ok: isFine(findings), findings }, undefined, 2)
}

export function isFine(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'problem')
}
