import { lookup as dnsLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { GrpcTarget } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { formatTarget, parseTarget, type ParsedTarget } from '@postern/shared/grpc/target.ts'
import type { Logger } from '@postern/shared/log/logger.ts'

/** Addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** One place where an instance of authorize listens. */
export interface AuthorizeAddress {
  readonly target: GrpcTarget
  /** The name its certificate must carry, when it was found by name. */
  readonly serverName: string | undefined
}

const lookUpEveryMs = 5_000

export const systemLookup: Lookup = async (host) => {
  const found = await dnsLookup(host, { all: true })
  return found.map(({ address }) => address)
}

/** One configured target, and what it stands for now. */
interface Entry {
  readonly parts: ParsedTarget
  addresses: readonly AuthorizeAddress[]
  lookingUp: boolean
}

/**
 * Client-side load balancing: which addresses the configured targets stand for now. Names are looked up every few
 * seconds; a lookup that fails or hangs changes nothing, so DNS can be away without anybody noticing.
 */
export class AddressBook implements Disposable {
  readonly #entries: readonly Entry[]
  readonly #lookup: Lookup
  readonly #log: Logger
  readonly #changed: () => void
  readonly #timer: NodeJS.Timeout

  /**
   * `changed` is called when a lookup finds other addresses than before, never from within the constructor.
   * @throws PosternError `CONFIG_INVALID` for a target that cannot be read.
   */
  constructor(targets: readonly GrpcTarget[], deps: { lookup: Lookup; log: Logger; changed: () => void }) {
    this.#entries = targets.map(entryOf)
    this.#lookup = deps.lookup
    this.#log = deps.log
    this.#changed = deps.changed
    this.#timer = setInterval(() => this.refresh(), lookUpEveryMs).unref()
    this.refresh()
  }

  /** What is known now, without repetition. */
  get addresses(): readonly AuthorizeAddress[] {
    const all = this.#entries.flatMap(({ addresses }) => addresses)
    return [...new Map(all.map((address) => [address.target, address])).values()]
  }

  /** Looks all names up again. */
  refresh(): void {
    for (const entry of this.#entries) {
      const { parts } = entry
      if (parts.kind === 'tcp' && isIP(parts.host) === 0) void this.#lookUp(entry, parts)
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #lookUp(entry: Entry, parts: Extract<ParsedTarget, { kind: 'tcp' }>): Promise<void> {
    if (entry.lookingUp) return
    entry.lookingUp = true
    try {
      const hosts = new Set(await this.#lookup(parts.host))
      const before = new Set(entry.addresses.map(({ target }) => target))
      const found = [...hosts].map((host) => ({ target: formatTarget({ ...parts, host }), serverName: parts.host }))
      if (found.length === 0 || (found.length === before.size && found.every(({ target }) => before.has(target))))
        return
      entry.addresses = found
      this.#changed()
    } catch (error) {
      this.#log.warn({ error, host: parts.host }, 'authorize could not be looked up')
    } finally {
      entry.lookingUp = false
    }
  }
}

function entryOf(target: GrpcTarget): Entry {
  const parts = parseTarget(target)
  if (!parts) throw new PosternError('CONFIG_INVALID', `not a gRPC target: ${target}`)
  const fixed = parts.kind === 'unix' || isIP(parts.host) !== 0
  return { parts, addresses: fixed ? [{ target: formatTarget(parts), serverName: undefined }] : [], lookingUp: false }
}
