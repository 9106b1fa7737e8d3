import assert from 'node:assert/strict'
import { WebClient, type WebAnswer } from './web-client.ts'

/** One person: a browser at Postern's hosts, and the same browser at the local identity provider, which is at another port. */
export class Visitor {
  readonly here: WebClient
  readonly atIdp: WebClient
  readonly #issuer: string
  readonly #person: string

  /** `person`: the id of one whom the provider knows. */
  constructor(port: number, issuer: string, person: string) {
    this.#issuer = issuer
    this.#person = person
    this.here = new WebClient(port)
    this.atIdp = new WebClient(Number(new URL(issuer).port))
  }

  /** Follows redirects, and picks the person on the provider's page; as far as an address for which `until` holds. */
  async open(url: string, until: (next: URL) => boolean = () => false): Promise<WebAnswer> {
    let next = new URL(url)
    for (let step = 0; step < 20; step += 1) {
      const answer = await this.#ask(next)
      if (answer.status < 300 || answer.status >= 400 || until(answer.location)) return answer
      next = answer.location
    }
    throw new Error(`${url} leads nowhere`)
  }

  /** As a link on the provider's own pages does it: Postern hears of it from the provider alone. */
  async signOutAtIdp(): Promise<void> {
    const page = await this.atIdp.get(`${this.#issuer}/session/end`)
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.body) ?? []
    const done = await this.atIdp.post(`${this.#issuer}/session/end/confirm`, { xsrf, logout: 'yes' })
    assert.ok(done.status < 400, done.body)
  }

  async #ask(url: URL): Promise<WebAnswer> {
    if (url.origin !== this.#issuer) return this.here.get(url)
    const answer = await this.atIdp.get(url)
    return answer.status === 200 ? this.atIdp.post(url, { person: this.#person }) : answer
  }
}
