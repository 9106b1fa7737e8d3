import { bearerKeys } from './bearer-keys.ts'
import { clientCertificateKeys } from './client-certificate-keys.ts'
import { headerKeys } from './header-keys.ts'
import type { ValuesOf } from './key.ts'
import { logKeys } from './log-keys.ts'
import { serviceKeys } from './service-keys.ts'
import { sessionKeys } from './session-keys.ts'

/** Every key at the top of the file but `routes` and `policy`. */
export const globalKeys = {
  ...serviceKeys,
  ...logKeys,
  ...sessionKeys,
  ...bearerKeys,
  ...clientCertificateKeys,
  ...headerKeys,
} as const

export type GlobalValues = ValuesOf<typeof globalKeys>

/** The two lists of routes; `policy` is the older name. Their order is the order of matching. */
export const routeListKeys = ['policy', 'routes'] as const
