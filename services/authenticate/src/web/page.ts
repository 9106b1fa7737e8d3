import type { RenderedPage } from '@postern/shared/pages/layout.ts'
import type { Context } from './koa.ts'

/** Answers with a page of ours. */
export function respondPage(ctx: Context, page: RenderedPage): void {
  ctx.status = page.status
  ctx.set({ ...page.headers })
  ctx.body = page.body
}

/** Answers with a short text, for programs. */
export function respondText(ctx: Context, text: string): void {
  ctx.status = 200
  ctx.type = 'text/plain; charset=utf-8'
  ctx.body = text
}
