import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Context } from './koa.ts'

const maxBytes = 65_536

/** An `application/x-www-form-urlencoded` body of at most 64 KiB. How long it may take is the server's `requestTimeout`. */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) {
    throw new PosternError('REQUEST_AMBIGUOUS', 'the body is not a form')
  }
  // A body that is refused is not read on: the connection ends with the answer.
  const tooLarge = (): PosternError => {
    ctx.set('connection', 'close')
    return new PosternError('REQUEST_BODY_TOO_LARGE', 'the form is larger than 64 KiB')
  }
  if (Number(ctx.get('content-length') || 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).byteLength
      if (size > maxBytes) throw tooLarge()
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw new PosternError('REQUEST_AMBIGUOUS', 'the body broke off', { cause: error })
  }
  return new URLSearchParams(Buffer.concat(chunks, size).toString('utf8'))
}
