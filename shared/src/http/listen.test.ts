import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { listen } from './listen.ts'

const opened: Server[] = []
after(() => opened.forEach((server) => server.close()))

function aServer(): Server {
  const server = createServer()
  opened.push(server)
  return server
}

describe('listen', () => {
  it('says which port the system chose', async () => {
    const address = await listen(aServer(), { kind: 'tcp', host: '127.0.0.1', port: 0 })
    assert.equal(address.kind === 'tcp' && address.port > 0, true)
  })

  it('rejects when somebody else is there', async () => {
    const address = await listen(aServer(), { kind: 'tcp', host: '127.0.0.1', port: 0 })
    await assert.rejects(listen(aServer(), address), { code: 'EADDRINUSE' })
  })

  it('takes the place of a dead process at a unix socket, never of a living one', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-listen-'))
    context.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 's')
    await leaveSocketBehind(path)
    await listen(aServer(), { kind: 'unix', path })
    await assert.rejects(listen(aServer(), { kind: 'unix', path }), { code: 'EADDRINUSE' })
  })
})

/** What a killed process leaves: a socket file that nobody answers at. */
async function leaveSocketBehind(path: string): Promise<void> {
  const dying = aServer()
  await listen(dying, { kind: 'unix', path: `${path}.dying` })
  await rename(`${path}.dying`, path)
  await new Promise((resolve) => dying.close(resolve))
}
