import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

interface Entry {
  readonly payload: AdapterPayload
  readonly expiresAtMs: number
}

/** What the provider remembers, for as long as it runs: sessions, grants, codes, tokens. */
export function memoryAdapter(): AdapterFactory {
  const entries = new Map<string, Entry>()
  return (model) => new MemoryAdapter(`${model}:`, entries)
}

class MemoryAdapter implements Adapter {
  readonly #prefix: string
  readonly #entries: Map<string, Entry>

  constructor(prefix: string, entries: Map<string, Entry>) {
    this.#prefix = prefix
    this.#entries = entries
  }

  upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<undefined> {
    const lifetimeMs = expiresInSeconds === undefined ? Infinity : expiresInSeconds * 1000
    this.#entries.set(this.#prefix + id, { payload, expiresAtMs: Date.now() + lifetimeMs })
    return Promise.resolve(undefined)
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(this.#prefix + id)
    return Promise.resolve(entry !== undefined && entry.expiresAtMs > Date.now() ? entry.payload : undefined)
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(this.#where((payload) => payload.uid === uid))
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(this.#where((payload) => payload.userCode === userCode))
  }

  async consume(id: string): Promise<undefined> {
    const payload = await this.find(id)
    if (payload !== undefined) payload['consumed'] = Math.floor(Date.now() / 1000)
    return undefined
  }

  destroy(id: string): Promise<undefined> {
    this.#entries.delete(this.#prefix + id)
    return Promise.resolve(undefined)
  }

  revokeByGrantId(grantId: string): Promise<undefined> {
    for (const [key, { payload }] of this.#entries) {
      if (key.startsWith(this.#prefix) && payload.grantId === grantId) this.#entries.delete(key)
    }
    return Promise.resolve(undefined)
  }

  #where(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, { payload, expiresAtMs }] of this.#entries) {
      if (key.startsWith(this.#prefix) && expiresAtMs > Date.now() && matches(payload)) return payload
    }
    return undefined
  }
}
