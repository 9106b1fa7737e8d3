import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

describe('a reader of the log that stands still', () => {
  it('does not stop the service; what could not be kept is counted, and the rest is whole', async () => {
    const child = fork(fileURLToPath(new URL('noisy-process.ts', import.meta.url)), {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    const [{ tookMs }] = (await once(child, 'message')) as [{ tookMs: number }]
    assert.ok(tookMs < 10_000, `20,000 lines took ${tookMs} ms with nobody reading`)
    const output = text(child.stdout!)
    child.send('go on')
    await once(child, 'exit')
    const lines = (await output)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const dropped = lines
      .filter(({ message }) => message === 'log lines were dropped')
      .reduce<number>((sum, { lost }) => sum + Number(lost), 0)
    const written = lines.filter(({ message }) => message === 'request' || message === 'goodbye').length
    assert.ok(dropped > 0 && written > 1000)
    assert.equal(dropped + written, 20_001)
  })
})
