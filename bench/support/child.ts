import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A process of the bench that talks by messages; killed on dispose. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  readonly pid: number
  /** The next message. */
  next<Message>(): Promise<Message>
  ask<Message>(question: object): Promise<Message>
}

export function startChild(script: URL, args: readonly string[] = []): Child {
  const child = fork(script, args, { stdio: 'inherit' })
  const exited = once(child, 'exit')
  const next = async <Message>(): Promise<Message> => {
    const gone = exited.then(() => {
      throw new Error(`${script.pathname} ended`)
    })
    const [message] = (await Promise.race([once(child, 'message'), gone])) as [Message]
    return message
  }
  return {
    process: child,
    pid: child.pid ?? 0,
    next,
    ask: (question) => {
      const answer = next()
      child.send(question)
      return answer as Promise<never>
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited.catch(() => undefined)
    },
  }
}
