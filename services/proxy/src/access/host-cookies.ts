import type { CookieConfig } from '@postern/shared/config/model.ts'
import { serializeCookie, type CookieOptions } from '@postern/shared/http/cookies.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { ownCookieNames, type OwnCookieNames } from '../request/own-cookies.ts'

/** A sign-in at the identity provider may take a person this long. */
const bindingLifetimeSeconds = 60 * 60
const returnsLifetimeSeconds = 60

/** Coming back from a sign-in this often within a minute, and still without a session, is a loop. */
export const maxReturns = 3

/** How often this browser came back within the last minute, from its own cookie: at worst it lies to itself. */
export function countReturns(cookie: string | undefined): number {
  return cookie !== undefined && /^[0-9]$/.test(cookie) ? Number(cookie) : 0
}

/** Writes the `Set-Cookie` lines of one route host. */
export class HostCookies {
  readonly #names: OwnCookieNames
  readonly #config: CookieConfig
  readonly #options: CookieOptions
  readonly #domain: string | undefined

  constructor(config: CookieConfig, hostName: string) {
    this.#names = ownCookieNames(config.name)
    this.#config = config
    // Browsers take Secure cookies over plain HTTP on loopback, the only place where a route may have it.
    this.#options = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' }
    this.#domain = config.domain !== undefined && isUnder(hostName, config.domain) ? config.domain : undefined
  }

  session(credential: string, lifetimeMs: number): string {
    return serializeCookie(this.#names.session, credential, {
      ...this.#sessionOptions(),
      maxAgeSeconds: Math.max(1, Math.floor(lifetimeMs / 1000)),
    })
  }

  clearSession(): string {
    return serializeCookie(this.#names.session, '', { ...this.#sessionOptions(), maxAgeSeconds: 0 })
  }

  /** Ties the sign-in that starts now to this browser. Has to come along when the person comes back: `Lax`. */
  binding(value: string): string {
    return serializeCookie(this.#bindingName(value), value, { ...this.#options, maxAgeSeconds: bindingLifetimeSeconds })
  }

  /** For those that came, whatever somebody else may have put into them. */
  clearBindings(values: readonly string[]): readonly string[] {
    const names = new Set(values.map((value) => this.#bindingName(value)))
    return [...names].map((name) => serializeCookie(name, '', { ...this.#options, maxAgeSeconds: 0 }))
  }

  returns(count: number): string {
    const value = String(Math.min(count, 9))
    return serializeCookie(this.#names.returns, value, { ...this.#options, maxAgeSeconds: returnsLifetimeSeconds })
  }

  clearReturns(): string {
    return serializeCookie(this.#names.returns, '', { ...this.#options, maxAgeSeconds: 0 })
  }

  #bindingName(value: string): string {
    return `${this.#names.bindingPrefix}_${hashBinding(value).slice(0, 8)}`
  }

  #sessionOptions(): CookieOptions {
    const { httpOnly, sameSite } = this.#config
    return { ...this.#options, httpOnly, sameSite: sameSite ?? 'lax', domain: this.#domain }
  }
}

function isUnder(hostName: string, domain: string): boolean {
  const parent = domain.replace(/^\./, '').toLowerCase()
  return hostName === parent || hostName.endsWith(`.${parent}`)
}
