import type { Failed } from './connect.ts'

interface Explanation {
  readonly says: string
  readonly advice: string
}

const reaches = 'Check the address, and that firewalls and network policies let this machine through.'

const known: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: { says: 'the name does not exist', advice: 'Check the spelling, and that the DNS record is there.' },
  ENODATA: { says: 'the name has no address', advice: 'Check the DNS record: it needs an A, AAAA or CNAME entry.' },
  EAI_AGAIN: { says: 'the name server does not answer', advice: 'Check the DNS settings of this machine; try again.' },
  ECONNREFUSED: { says: 'nothing listens there', advice: 'Check the port, and that the program runs.' },
  ENOENT: { says: 'there is no such socket', advice: 'Check the path, and that the program runs.' },
  ENOTDIR: { says: 'there is no such socket', advice: 'Check the path, and that the program runs.' },
  EACCES: { says: 'this user may not open it', advice: 'Check who owns the socket, and who runs this command.' },
  EHOSTUNREACH: { says: 'there is no way to it from here', advice: reaches },
  ENETUNREACH: { says: 'there is no way to it from here', advice: reaches },
  timeout: { says: 'no answer in time', advice: reaches },
  ETIMEDOUT: { says: 'no answer in time', advice: reaches },
  ECONNRESET: {
    says: 'the other side hung up',
    advice: 'Check what listens there, and whether it wants a client certificate.',
  },
  CERT_HAS_EXPIRED: {
    says: 'the certificate has expired',
    advice: 'Renew it; or set the clock of this machine right.',
  },
  CERT_NOT_YET_VALID: { says: 'the certificate is not valid yet', advice: 'Set the clock of this machine right.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    says: 'the certificate is for other names',
    advice: 'Get one for this host.',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    says: 'what listens there does not speak TLS',
    advice: 'Check the port; write http:// where plain HTTP is meant.',
  },
}

const unknownAuthority: Explanation = {
  says: 'the certificate is of an authority that is not trusted here',
  advice:
    'Name that authority (tls_custom_ca_file for a route), or have the server send its intermediate certificates.',
}

const authorityCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

const steps = { dns: 'DNS', tcp: 'TCP', tls: 'TLS', http: 'HTTP' } as const

/** Why a connection failed, and what to do, in words. `advice` replaces the general one, where the caller knows better. */
export function explainFailure({ step, code, addresses, certificate }: Failed, advice?: string): Explanation {
  const explanation = authorityCodes.has(code)
    ? unknownAuthority
    : (known[code] ?? { says: code.toLowerCase(), advice: reaches })
  const where = step === 'dns' || addresses.length === 0 ? '' : ` at ${addresses.slice(0, 2).join(', ')}`
  const names = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? namesIn(certificate?.subjectaltname) : ''
  return { says: `${steps[step]}: ${explanation.says}${names}${where}`, advice: advice ?? explanation.advice }
}

function namesIn(text: string | undefined): string {
  if (text === undefined) return ''
  const names = text.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
  return ` (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`
}
