import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { listenFailure } from './listen-failure.ts'
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
    await assert.rejects(listen(aServer(), address), {
      code: 'CONFIG_INVALID',
      message: `CONFIG_INVALID: the address 127.0.0.1:${String(address.kind === 'tcp' && address.port)} is taken (EADDRINUSE); set \`address\` or PORT`,
    })
  })

  it('says what a port below 1024 needs', () => {
    const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
    const { message } = listenFailure(refused, { kind: 'tcp', host: '0.0.0.0', port: 443 }, '`address` or PORT')
    assert.match(message, /the address 0\.0\.0\.0:443 is not for this user: ports below 1024 need root \(EACCES\)/)
  })

  it('takes the place of a dead process at a unix socket, never of a living one', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-listen-'))
    context.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 's')
    await leaveSocketBehind(path)
    await listen(aServer(), { kind: 'unix', path })
    await assert.rejects(listen(aServer(), { kind: 'unix', path }), { message: / is taken \(EADDRINUSE\); set / })
  })
})

/** What a killed process leaves: a socket file that nobody answers at. */
async function leaveSocketBehind(path: string): Promise<void> {
  const dying = aServer()
  await listen(dying, { kind: 'unix', path: `${path}.dying` })
  await rename(`${path}.dying`, path)
  await new Promise((resolve) => dying.close(resolve))
}
