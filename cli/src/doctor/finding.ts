/** What is looked at, in the order of the report; the short name is for `--only`. */
export const groups = {
  config: 'Configuration',
  google: 'Google credentials',
  upstreams: 'Upstreams',
  redis: 'Redis',
  idp: 'Identity provider',
  services: 'Between the services',
  hosts: 'Hosts that people open',
  ports: 'Ports of this machine',
  clock: 'Clock',
} as const

export type GroupName = keyof typeof groups

/** `warning`: it works, and somebody should look at it; a finding of this kind fails nothing. */
export type Status = 'ok' | 'warning' | 'problem'

/** One line of the report. Holds nothing secret. */
export interface Finding {
  readonly group: GroupName
  readonly status: Status
  /** What it is about: an address, a service, an account. */
  readonly about: string
  readonly says: string
  /** What to do; for everything but `ok`. */
  readonly advice?: string
}

/** A finding before it is known where it stands. Without `about`: that of the check. */
export type Told = Omit<Finding, 'group' | 'about'> & { readonly about?: string }

export function ok(says: string): Told {
  return { status: 'ok', says }
}

export function warning(says: string, advice: string): Told {
  return { status: 'warning', says, advice }
}

export function problem(says: string, advice: string): Told {
  return { status: 'problem', says, advice }
}
