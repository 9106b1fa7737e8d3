import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { residentMiB } from './support/cpu-time.ts'
import { describeMachine } from './support/machine.ts'
import { startBenchedPostern } from './support/postern.ts'

/**
 * Memory of the proxy for each WebSocket that is open and silent. Budget: 40 KiB. Sockets are opened in steps, so that the
 * growth from step to step shows what one costs once the process is warm. usage: node bench/idle-websockets.ts [SOCKETS]
 */
const count = Number(process.argv[2] ?? '4000')
const steps = 4
const atOnce = 50
const settleMs = 5_000

await using postern = await startBenchedPostern({ sockets: '    allow_websockets: true' })
const { cookie } = await postern.signIn('sockets')
const head = [
  'GET /idle HTTP/1.1',
  `Host: ${postern.hostOf('sockets')}`,
  `Cookie: ${cookie}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n')
const open: Socket[] = []

async function openOne(): Promise<void> {
  const socket = connect(postern.proxyPort, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.write(`${head}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(answer.toString('latin1').slice(0, 200))
  open.push(socket)
}

console.log(`${describeMachine()}\n\nsockets   proxy MiB   KiB per socket since the last step`)
let before = { sockets: 0, memory: NaN }
for (let step = 0; step <= steps; step += 1) {
  const target = Math.round((count * step) / steps)
  while (open.length < target) {
    await Promise.all(Array.from({ length: Math.min(atOnce, target - open.length) }, openOne))
  }
  await delay(settleMs)
  const memory = residentMiB(postern.proxy.pid)
  const each = step === 0 ? '' : (((memory - before.memory) * 1024) / (target - before.sockets)).toFixed(1)
  console.log(`${String(target).padStart(7)}${memory.toFixed(0).padStart(12)}${each.padStart(12)}`)
  before = { sockets: target, memory }
}
for (const socket of open) socket.destroy()
