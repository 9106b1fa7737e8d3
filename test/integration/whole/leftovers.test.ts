import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

const support = new URL('../../support/service-process.ts', import.meta.url).href

const killedTest = `
  import { spawn } from 'node:child_process'
  import { endWithThisProcess } from ${JSON.stringify(support)}
  const service = spawn('sleep', ['600'], { stdio: 'ignore' })
  endWithThisProcess(service)
  console.log(service.pid)
  setInterval(() => {}, 1_000)
`

describe('a service of a test', () => {
  it('ends with the test, even when that is killed', async () => {
    const test = spawn(process.execPath, ['--input-type=module', '--eval', killedTest], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: test.stdout })
    const [line] = (await once(lines, 'line')) as [string]
    const pid = Number(line)
    assert.ok(isRunning(pid))
    test.kill('SIGKILL')
    const deadline = performance.now() + 5_000
    while (isRunning(pid) && performance.now() < deadline) await wait(20)
    const left = isRunning(pid)
    if (left) process.kill(pid, 'SIGKILL')
    assert.equal(left, false)
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
