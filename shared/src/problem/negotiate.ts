import type { ProblemFormat } from './problem.ts'

/** Request headers with lower-case names, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

const mediaTypes = ['text/html', 'application/xhtml+xml', 'application/json', 'text/plain'] as const
type Preference = 'html' | 'json' | 'text' | 'none' | 'anything'
const preferences = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'application/json': 'json',
  'text/plain': 'text',
} as const

/**
 * The form in which this caller understands an answer that Postern makes itself: gRPC by the request's content
 * type, kubectl by its user agent, pages for browsers that navigate, otherwise what `Accept` prefers, else JSON.
 */
export function negotiateFormat(headers: RequestHeaders): ProblemFormat {
  const rpc = grpcKind(text(headers['content-type']))
  if (rpc !== undefined) return rpc
  if (text(headers['user-agent']).includes('kubernetes/')) return 'kubernetes'
  const preferred = preferredMediaType(text(headers['accept']))
  if (preferred === 'html' || preferred === 'json' || preferred === 'text') return preferred
  return text(headers['sec-fetch-mode']) === 'navigate' ? 'html' : 'json'
}

/**
 * True when a person waits in front of a browser that can be sent to the sign-in page; anything else gets 401,
 * because a script cannot follow a redirect to another origin and a form would lose its body.
 */
export function isNavigation(method: string, headers: RequestHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (grpcKind(text(headers['content-type'])) !== undefined || headers['upgrade'] !== undefined) return false
  const mode = text(headers['sec-fetch-mode'])
  if (mode !== '') return mode === 'navigate'
  if (text(headers['x-requested-with']).toLowerCase() === 'xmlhttprequest') return false
  const preferred = preferredMediaType(text(headers['accept']))
  return preferred === 'html' || preferred === 'anything'
}

/** Which gRPC a request speaks, by its content type; `undefined`: none. */
export function grpcKind(value: string): 'grpc' | 'grpc-web' | undefined {
  const contentType = value.toLowerCase()
  if (!contentType.startsWith('application/grpc')) return undefined
  if (/^application\/grpc-web(?:-text)?(?:[+;\s]|$)/.test(contentType)) return 'grpc-web'
  return /^application\/grpc(?:[+;\s]|$)/.test(contentType) ? 'grpc' : undefined
}

/** RFC 9110 §12.5.1: the most specific range decides each type's weight; the heaviest type wins, then the first named. */
function preferredMediaType(accept: string): Preference {
  const ranges = accept
    .split(',')
    .map(parseRange)
    .filter((range) => range.type !== '')
  if (ranges.length === 0) return 'anything'
  let best: { type: keyof typeof preferences; quality: number; position: number } | undefined
  for (const type of mediaTypes) {
    const position = ranges.findIndex((range) => range.type === type)
    const quality = ranges[position]?.quality ?? 0
    if (quality === 0) continue
    if (!best || quality > best.quality || (quality === best.quality && position < best.position)) {
      best = { type, quality, position }
    }
  }
  const wildcard = Math.max(0, ...ranges.filter((range) => range.type === '*/*').map((range) => range.quality))
  if (best) return preferences[best.type]
  if (ranges.some((range) => range.type === 'text/*' && range.quality > 0)) return 'text'
  return wildcard > 0 ? 'anything' : 'none'
}

function parseRange(range: string): { type: string; quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}

function text(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '')
}
