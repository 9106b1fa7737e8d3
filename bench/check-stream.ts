/**
 * What one check costs, in CPU time of both sides: `node bench/check-stream.ts [seconds]`. Two processes over a unix
 * socket; a real authorize with a signed-in person, identity headers on. Compare the lines of one run, not of two.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, cpuUsage, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { AccessChecker } from '../services/proxy/src/check/access-checker.ts'
import { openAccessChecker } from '../services/proxy/src/check/open-access-checker.ts'
import type { AuthorizeMessage } from './check-stream-authorize.ts'

const seconds = Number(argv[2] ?? 2)
const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }

async function ask(child: ChildProcess, message: 'cpu'): Promise<AuthorizeMessage> {
  const answer = once(child, 'message')
  child.send(message)
  return ((await answer) as [AuthorizeMessage])[0]
}

/** `concurrency` people click without pause; each turn of the event loop brings the next click of those who were answered. */
async function drive(
  checker: AccessChecker,
  question: CheckQuestion,
  concurrency: number,
  forMs: number,
): Promise<number> {
  const until = performance.now() + forMs
  let done = 0
  const person = async (): Promise<void> => {
    while (performance.now() < until) {
      const answer = await checker.check(question)
      if (answer.kind !== 'allow') throw new Error(`unexpected ${answer.kind}`)
      done++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, person))
  return done
}

const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
const socket = join(directory, 'authorize.sock')
const child = fork(fileURLToPath(new URL('check-stream-authorize.ts', import.meta.url)), [socket])
const [{ credential }] = (await once(child, 'message')) as [AuthorizeMessage]
const question: CheckQuestion = {
  routeId: 'hello',
  configRevision: 'r1',
  requestId: '0b5a3f6e-6a5e-4b8c-9b1c-3a1d0a9f7c11',
  facts: {
    method: 'GET',
    host: 'hello.example.com',
    path: '/some/page',
    query: 'a=1',
    headers: new Map(),
    clientAddress: '203.0.113.7',
    clientCertificate: undefined,
  },
  credential: { carrier: 'cookie', value: credential ?? '' },
  signInBinding: undefined,
}

stdout.write('mode    concurrent   checks/s   µs/check: proxy side   authorize side   both\n')
for (const [checkMode, concurrency] of [
  ['stream', 1],
  ['stream', 16],
  ['stream', 128],
  ['unary', 16],
] as const) {
  const grpc = { security: { kind: 'insecure' }, clientTimeoutMs: 1_000 } as const
  const config = { authorizeTargets: [`unix:${socket}`], checkMode, checkTimeoutMs: 5_000, grpc }
  await using checker = await openAccessChecker(config, { log: quiet })
  await drive(checker, question, concurrency, 500)
  const before = { ours: cpuUsage(), theirs: (await ask(child, 'cpu')).cpuMicros }
  const count = await drive(checker, question, concurrency, seconds * 1_000)
  const ours = cpuUsage(before.ours)
  const perCheck = [(ours.user + ours.system) / count, ((await ask(child, 'cpu')).cpuMicros - before.theirs) / count]
  const cells = [...perCheck, (perCheck[0] ?? 0) + (perCheck[1] ?? 0)].map((micros) => micros.toFixed(1).padStart(17))
  stdout.write(
    `${checkMode.padEnd(8)}${String(concurrency).padStart(10)}${String(Math.round(count / seconds)).padStart(11)}${cells.join('')}\n`,
  )
}
child.kill()
await rm(directory, { recursive: true })
