import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

export interface WebAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The `Location` of a redirect. */
  readonly location: URL
  readonly cookies: readonly string[]
}

export interface WebRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
}

/**
 * A browser as far as HTTP goes: keeps cookies by host and path, says that it navigates, follows nothing by itself. All
 * hosts are at one address.
 */
export class WebClient {
  readonly #port: number
  /** Host, path and name to value. */
  readonly jar = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
  }

  get(url: URL | string, request: WebRequest = {}): Promise<WebAnswer> {
    return this.send(url, { ...request, method: request.method ?? 'GET' })
  }

  post(url: URL | string, form: Readonly<Record<string, string>>, request: WebRequest = {}): Promise<WebAnswer> {
    const { origin } = new URL(url)
    return this.send(url, {
      ...request,
      method: 'POST',
      form,
      headers: { 'sec-fetch-site': 'same-origin', origin, ...request.headers },
    })
  }

  async send(url: URL | string, { method = 'GET', headers = {}, form }: WebRequest): Promise<WebAnswer> {
    const target = new URL(url)
    const body = form && new URLSearchParams(form).toString()
    const cookie = this.cookiesFor(target)
    const sent = httpRequest({
      host: '127.0.0.1',
      port: this.#port,
      method,
      path: `${target.pathname}${target.search}`,
      agent: false,
      headers: {
        host: target.host,
        accept: 'text/html,application/xhtml+xml',
        'sec-fetch-mode': 'navigate',
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(cookie === '' ? {} : { cookie }),
        ...headers,
      },
    })
    const answer = Promise.withResolvers<WebAnswer>()
    sent.once('error', answer.reject)
    sent.once('response', (response) => {
      const cookies = response.headers['set-cookie'] ?? []
      for (const one of cookies) this.#keep(target, one)
      text(response).then((content) => {
        const location = new URL(response.headers.location ?? '/none', target)
        answer.resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: content,
          location,
          cookies,
        })
      }, answer.reject)
    })
    sent.end(body)
    return answer.promise
  }

  #keep(target: URL, header: string): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    const attribute = (name: string): string | undefined =>
      attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
    const [name = '', ...value] = pair.split('=')
    const key = `${target.host} ${attribute('path') ?? '/'} ${name}`
    if (attribute('max-age') === '0') this.jar.delete(key)
    else this.jar.set(key, value.join('='))
  }

  cookiesFor(target: URL): string {
    const matching = [...this.jar].filter(([key]) => {
      const [host = '', path = ''] = key.split(' ')
      const covers = target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
      return host === target.host && covers
    })
    return matching.map(([key, value]) => `${key.split(' ')[2] ?? ''}=${value}`).join('; ')
  }
}
