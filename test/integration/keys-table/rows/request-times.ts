import { connect } from 'node:tls'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { RawClient } from '../../../support/raw-client.ts'
import { wants } from '../look.ts'
import type { RunningStack } from '../running-stack.ts'
import type { GlobalTheme } from '../run-globals.ts'

/** What comes back within seven seconds when only half of a request is sent. Connections are looked at every five. */
async function answerToHalf(stack: RunningStack): Promise<string> {
  const { http } = stack.addresses
  using client = new RawClient(http?.kind === 'tcp' ? http.port : 0)
  client.send('GET / HTTP/1.1\r\nHost: app.test\r\n')
  await client.until(() => client.ended, 7000).catch(() => undefined)
  return client.text.slice(0, 'HTTP/1.1 408'.length)
}

const slow = (stack: RunningStack) =>
  stack.ask('app.test', { headers: wants({ afterMs: 1500 }) }).then(({ status }) => status)

export const requestTimes: GlobalTheme = {
  title: 'how long requests may take',
  isSlow: true,
  rows: [
    { key: 'default_upstream_timeout', file: '300ms', env: '0.3s', observe: slow, given: 504, leftOut: 200 },
    {
      key: 'timeout_write',
      file: '500ms',
      observe: async (stack) =>
        (await stack.ask('app.test', { headers: wants({ dripMs: 100 }) })).body.trim().replace(/^\{.*/, 'all of it'),
      given: '(broken off)',
      leftOut: 'all of it',
      alone: true,
    },
    {
      key: 'timeout_read',
      file: '1s',
      title: 'a request of which a part does not come',
      observe: answerToHalf,
      given: 'HTTP/1.1 408',
      leftOut: '',
    },
  ],
}

const authority = new CertificateAuthority('idle')
const { certificate, key } = authority.issue({ commonName: 'app.test', dnsNames: ['app.test'] })

/** Whether a connection on which nothing more is asked is closed within three and a half seconds. */
async function closesWhenIdle({ addresses: { http } }: RunningStack): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const port = http?.kind === 'tcp' ? http.port : 0
  const socket = connect({ host: '127.0.0.1', port, servername: 'app.test', rejectUnauthorized: false })
  socket.resume().once('close', () => resolve(true))
  socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n')
  const timer = setTimeout(() => resolve(false), 3500)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

export const idleConnections: GlobalTheme = {
  title: 'how long connections are kept',
  isSlow: true,
  settings: ({ file }) => ({
    insecure_server: 'false',
    certificate_file: file('idle.crt', certificate),
    certificate_key_file: file('idle.key', key),
  }),
  rows: [{ key: 'timeout_idle', file: '1s', observe: closesWhenIdle, given: true, leftOut: false }],
}
