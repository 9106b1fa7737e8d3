import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../cli/src/run-command-line.ts'
import type { Finding } from '../../cli/src/doctor/finding.ts'

export interface DoctorOutcome {
  readonly code: number | undefined
  readonly text: string
  readonly errors: string
  /** With `--json`. */
  readonly findings: readonly Finding[]
  /** `status about: says → advice`, one for each finding. */
  readonly lines: readonly string[]
}

/** What no report may hold, whatever goes wrong. */
export const hush = 'hush-hush-0123456789'

export const usualConfig = `address: 127.0.0.1:0
insecure_server: true
authenticate_service_url: https://authenticate.example.invalid
idp_provider: oidc
idp_provider_url: http://127.0.0.1:9
idp_client_id: postern
idp_client_secret: ${hush}
`

/** Runs `postern doctor` on a configuration, as a terminal or a program would. */
export async function runDoctor(yaml: string, ...flags: readonly string[]): Promise<DoctorOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'))
  const file = join(directory, 'config.yaml')
  await writeFile(file, yaml)
  const output: string[] = []
  const errors: string[] = []
  const host = {
    print: (line: string) => void output.push(line),
    printError: (line: string) => void errors.push(line),
    onSignal: () => ({ [Symbol.dispose]: () => undefined }),
    exit: () => undefined,
    isTerminal: false,
  }
  try {
    const code = await runCommandLine({ argv: ['doctor', '--config', file, ...flags], env: {}, host })
    const text = output.join('\n')
    const findings =
      flags.includes('--json') && text !== '' ? (JSON.parse(text) as { findings: Finding[] }).findings : []
    return { code, text, errors: errors.join('\n'), findings, lines: findings.map(lineOf) }
  } finally {
    await rm(directory, { recursive: true })
  }
}

function lineOf({ status, about, says, advice }: Finding): string {
  return `${status} ${about}: ${says}${advice === undefined ? '' : ` → ${advice}`}`
}

/** Fails where a report holds a token or a secret. */
export function holdsNoSecret({ text, errors }: DoctorOutcome, ...secrets: readonly string[]): void {
  const all = `${text}\n${errors}`
  for (const secret of [hush, ...secrets]) if (all.includes(secret)) throw new Error(`the report holds ${secret}`)
  const token = /eyJ[\w-]+\.[\w-]+\.[\w-]*/.exec(all)
  if (token) throw new Error(`the report holds a token: ${token[0]}`)
}
