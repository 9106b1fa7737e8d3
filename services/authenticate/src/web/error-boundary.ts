import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { negotiateFormat } from '@postern/shared/problem/negotiate.ts'
import { problemOf } from '@postern/shared/problem/problem-from-error.ts'
import type { Problem } from '@postern/shared/problem/problem.ts'
import { renderProblem } from '@postern/shared/problem/render-problem.ts'
import { IdpError } from '../idp/idp-error.ts'
import type { Context, Middleware } from './koa.ts'

/** The only place where an exception becomes a response. Cookies that were set or cleared before it stay. */
export function errorBoundary(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const problem = withWayOn(ctx, error, problemOf(error, ctx.state.requestId))
      recordProblem(log, ctx, error, problem)
      const rendered = renderProblem(problem, negotiateFormat(ctx.headers))
      ctx.status = rendered.status
      ctx.set({ ...rendered.headers })
      ctx.body = rendered.body
    }
  }
}

function withWayOn(ctx: Context, error: unknown, problem: Problem): Problem {
  const { startAgainUrl } = ctx.state
  const idpSays = error instanceof IdpError ? error.idpSays : undefined
  const retryAfterMs = error instanceof IdpError ? error.retryAfterMs : undefined
  return {
    ...problem,
    actions: startAgainUrl
      ? [...problem.actions, { label: 'Start again', href: startAgainUrl.href, method: 'GET' }]
      : problem.actions,
    facts: idpSays === undefined ? problem.facts : [...problem.facts, { label: 'Identity provider', value: idpSays }],
    retryAfterSeconds: retryAfterMs === undefined ? problem.retryAfterSeconds : Math.ceil(retryAfterMs / 1_000),
  }
}

function recordProblem(log: Logger, ctx: Context, error: unknown, problem: Problem): void {
  const fields = { 'request-id': ctx.state.requestId, code: problem.code, path: ctx.path, error }
  if (!(error instanceof PosternError) || problem.status >= 500) log.error(fields, 'a request failed')
  else log.info(fields, 'a request was refused')
}
