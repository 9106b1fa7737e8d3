/** Markup that is known to be safe: written by us, with every value in it escaped. Only `html` makes it. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  static fromTemplate(parts: readonly string[], values: readonly HtmlValue[]): Html {
    return new Html(parts.reduce((markup, part, index) => markup + render(values[index - 1]) + part))
  }

  toString(): string {
    return this.#markup
  }
}

/** `undefined` and `false` show nothing, so that a part can be left out with `condition && html`…``. */
export type HtmlValue = string | number | false | undefined | Html | readonly HtmlValue[]

/** Markup with values in it. Values are escaped for text and for quoted attributes; attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.fromTemplate(parts, values)
}

/** An address as it may stand in `href` or `action`: http, https, or a path on this host. Anything else leads nowhere. */
export function safeHref(address: string): string {
  if (/^\/(?![/\\])/.test(address)) return address
  const url = URL.parse(address)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : '#'
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(render).join('')
  return escape(String(value))
}

/** Control characters and direction overrides could hide what a text really says. */
const invisible = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

function escape(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')
    .replace(invisible, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'))
}
