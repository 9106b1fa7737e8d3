import type { PeerCertificate } from 'node:tls'
import type { Clock } from '@postern/shared/clock.ts'
import { ok, warning, type Told } from '../finding.ts'

const dayMs = 86_400_000
/** Renewal is due at a third of ninety days; what is this close to its end was not renewed. */
const soonDays = 21

/** When a certificate that holds ends. */
export function describeCertificate({ valid_to: validTo }: PeerCertificate, clock: Clock): Told {
  const endMs = Date.parse(validTo)
  if (!Number.isFinite(endMs)) return ok('the certificate is good')
  const days = Math.floor((endMs - clock.now().getTime()) / dayMs)
  const date = new Date(endMs).toISOString().slice(0, 10)
  if (days >= soonDays) return ok(`the certificate is good until ${date}`)
  return warning(
    `the certificate ends on ${date}, in ${String(days)} day${days === 1 ? '' : 's'}`,
    'Renew it now; if it should renew itself, see why it has not.',
  )
}
