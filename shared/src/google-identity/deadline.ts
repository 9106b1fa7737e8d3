import { MintTimeoutError } from './google-answer.ts'

/** The library may never answer: on Cloud Run it asks the metadata server without any timeout. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new MintTimeoutError(`no answer within ${String(limitMs)} ms`))
    }, limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined) // nobody listens to what comes after the limit
  }
}
