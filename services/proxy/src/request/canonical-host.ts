/** A `Host` header or authority in the one form that routes, cookies and redirects use. */
export interface CanonicalHost {
  /** Lower case, without a trailing dot; with the port where it is not 80 or 443. */
  readonly host: string
  readonly name: string
  /** `undefined`: the scheme's own. */
  readonly port: number | undefined
}

const hostName = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/
const ipv6Literal = /^\[[0-9a-f:.]+\]$/
const nameAndPort = /^(\[[^\]]*\]|[^:[\]]*?)\.?(?::(\d{1,5}))?$/

/** `undefined` for anything but a host name or address with an optional port: no user, no path, no space. */
export function canonicalHost(raw: string): CanonicalHost | undefined {
  const [, name, digits] = nameAndPort.exec(raw.toLowerCase()) ?? []
  if (name === undefined || name.length > 253) return undefined
  if (!hostName.test(name) && !ipv6Literal.test(name)) return undefined
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  if (port === undefined || port === 80 || port === 443) return { host: name, name, port: undefined }
  return { host: `${name}:${port}`, name, port }
}

/** Remembers the hosts it has seen, up to a bound: clients send the same few again and again. */
export class HostReader {
  readonly #known = new Map<string, CanonicalHost | undefined>()
  readonly #bound: number

  constructor(bound = 1000) {
    this.#bound = bound
  }

  read(raw: string): CanonicalHost | undefined {
    const known = this.#known.get(raw)
    if (known !== undefined) return known
    const host = canonicalHost(raw)
    if (host !== undefined && this.#known.size < this.#bound) this.#known.set(raw, host)
    return host
  }
}
