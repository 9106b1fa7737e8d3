import type { Asked, Answer } from './running-stack.ts'
import type { Echo } from './applications.ts'
import type { Reply } from './applications.ts'
import type { RouteUnderTest } from './row.ts'

/** Ways to look at a route. Each asks once and tells one thing. */
type Look<T> = (route: RouteUnderTest) => Promise<T>

export function answerTo(asked?: Asked): Look<Answer> {
  return ({ stack, host }) => stack.ask(host, asked)
}

export function statusOf(asked?: Asked): Look<number> {
  return async (route) => (await answerTo(asked)(route)).status
}

/** The statuses of several paths, in order. */
export function statusesOf(...paths: readonly string[]): Look<readonly number[]> {
  return (route) => Promise.all(paths.map((path) => statusOf({ path })(route)))
}

/** What the application saw; the status where it was not asked. */
export function seen<T>(asked: Asked, read: (echo: Echo) => T): Look<T | number> {
  return async (route) => {
    const { echo, status } = await answerTo(asked)(route)
    return echo === undefined ? status : read(echo)
  }
}

export function pathSeen(path: string): Look<string | number> {
  return seen({ path }, (echo) => echo.path)
}

/** The values of request headers as the application saw them, by name. */
export function headersSeen(asked: Asked, ...names: readonly string[]): Look<unknown> {
  return seen(asked, ({ headers }) => names.map((name) => headers[name]?.join(' | ')))
}

/** The values of response headers. */
export function headersOf(asked: Asked, ...names: readonly string[]): Look<readonly unknown[]> {
  return async (route) => {
    const { headers } = await answerTo(asked)(route)
    return names.map((name) => headers[name])
  }
}

/** The header of a request that wants to be answered like this. */
export function wants(reply: Reply): Readonly<Record<string, string>> {
  return { 'x-reply': JSON.stringify(reply) }
}
