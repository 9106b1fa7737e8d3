import { randomBytes } from 'node:crypto'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'

const authority = new CertificateAuthority('public')
const issue = (name: string) => authority.issue({ commonName: name, dnsNames: [name], ipAddresses: [] })
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const [first, inFile, inValue, inList] = [
  issue('first.test'),
  issue('file.test'),
  issue('value.test'),
  issue('list.test'),
]

const anyPort = '127.0.0.1:0'

/** The names in the certificate of a listener, for a client that wants one; the error where there is no TLS. */
function namesAt(address: ListenAddress | undefined, servername: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const port = address?.kind === 'tcp' ? address.port : 0
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  socket.once('secureConnect', () => resolve(socket.getPeerCertificate().subjectaltname))
  socket.once('error', () => resolve('no TLS'))
  return promise.finally(() => socket.destroy())
}

/** What a client gets that does not speak TLS. */
function plainAnswer(address: ListenAddress | undefined): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connectPlain({ host: '127.0.0.1', port: address?.kind === 'tcp' ? address.port : 0 })
  socket.once('data', (bytes) => resolve(bytes.toString('latin1').slice(0, 12)))
  socket.once('error', () => resolve('closed')).once('close', () => resolve('closed'))
  socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n')
  return promise.finally(() => socket.destroy())
}

const certificateFor = (name: string) => (stack: RunningStack) => namesAt(stack.addresses['http'], name)

const statusAt =
  (listener: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
  async (stack: RunningStack) => {
    const address = stack.addresses[listener]
    if (address === undefined) return undefined
    const { status, headers: got } = await stack.sendPlain('app.test:80', { path, headers }, address)
    return got.location === undefined ? status : [status, got.location]
  }

export const listeners: GlobalTheme = {
  title: 'listeners',
  rows: [
    {
      key: 'address',
      file: ({ folder }) => `unix://${folder}/public.sock`,
      observe: async (stack) => {
        const path = `${stack.bench.surroundings.folder}/public.sock`
        return (await stack.send('app.test', {}, { kind: 'unix', path }).catch(() => undefined))?.status
      },
      given: 200,
      alone: true,
    },
    {
      key: 'http_redirect_addr',
      file: anyPort,
      env: `"${anyPort}"`,
      observe: statusAt('redirect', '/a?b=c'),
      given: [301, 'https://app.test/a?b=c'],
      leftOut: undefined,
    },
    {
      key: 'health_check_addr',
      file: anyPort,
      observe: statusAt('health', '/.pomerium/ready'),
      given: 200,
      leftOut: undefined,
    },
    {
      key: 'services',
      title: 'only some of them',
      file: 'authenticate',
      env: 'Authenticate',
      beside: {
        grpc_address: ({ folder }) => `unix://${folder}/some.sock`,
        shared_secret: randomBytes(32).toString('base64'),
        cookie_secret: randomBytes(32).toString('base64'),
        redis_url: 'redis://127.0.0.1:1',
      },
      observe: (stack) => Object.keys(stack.addresses).toSorted(),
      given: ['authenticate-grpc', 'authenticate-http'],
      alone: true,
    },
  ],
}

export const publicTls: GlobalTheme = {
  title: 'TLS towards browsers',
  settings: ({ file }) => ({
    insecure_server: 'false',
    certificate_file: file('first.crt', first.certificate),
    certificate_key_file: file('first.key', first.key),
  }),
  rows: [
    {
      key: 'insecure_server',
      title: 'true',
      file: 'true',
      env: '1',
      observe: async ({ addresses: { http } }) => [await namesAt(http, 'first.test'), await plainAnswer(http)],
      given: ['no TLS', 'HTTP/1.1 200'],
      alone: true,
    },
    {
      key: 'insecure_server',
      title: 'false, as where it is left out',
      file: 'false',
      env: '0',
      observe: async ({ addresses: { http } }) => [await namesAt(http, 'first.test'), await plainAnswer(http)],
      given: ['DNS:first.test', 'closed'],
      alone: true,
    },
    {
      key: 'certificate_file',
      file: ({ file }) => file('file.crt', inFile.certificate),
      beside: { certificate_key_file: ({ file }) => file('file.key', inFile.key) },
      observe: certificateFor('file.test'),
      given: 'DNS:file.test',
    },
    {
      key: 'certificate_key_file',
      file: ({ file }) => file('file.key', inFile.key),
      beside: { certificate_file: ({ file }) => file('file.crt', inFile.certificate) },
      observe: certificateFor('file.test'),
      given: 'DNS:file.test',
    },
    {
      key: 'certificate',
      file: base64(inValue.certificate),
      beside: { certificate_key: base64(inValue.key) },
      observe: certificateFor('value.test'),
      given: 'DNS:value.test',
    },
    {
      key: 'certificate_key',
      file: base64(inValue.key),
      beside: { certificate: base64(inValue.certificate) },
      observe: certificateFor('value.test'),
      given: 'DNS:value.test',
    },
    {
      key: 'certificates',
      title: 'by the name that is asked for',
      file: ({ file }) =>
        JSON.stringify([{ cert: file('list.crt', inList.certificate), key: file('list.key', inList.key) }]),
      observe: certificateFor('list.test'),
      given: 'DNS:list.test',
      leftOut: 'DNS:first.test',
      alone: true,
    },
  ],
}

const password = { authorization: `Basic ${base64('prometheus:hush')}` }
const metricsNames = issue('metrics.test')
const scraperAuthority = new CertificateAuthority('scrapers')
const metricsAt = (headers?: Readonly<Record<string, string>>) => statusAt('metrics', '/metrics', headers)
const metricsTls = ({ addresses: { metrics } }: RunningStack) => namesAt(metrics, 'metrics.test')

export const metrics: GlobalTheme = {
  title: 'metrics',
  settings: { metrics_address: anyPort },
  rows: [
    { key: 'metrics_address', file: anyPort, observe: metricsAt(), given: 200, alone: true },
    {
      key: 'metrics_basic_auth',
      title: 'without the password',
      file: base64('prometheus:hush'),
      observe: metricsAt(),
      given: 401,
      leftOut: 200,
      alone: true,
    },
    {
      key: 'metrics_basic_auth',
      title: 'with the password',
      file: base64('prometheus:hush'),
      observe: metricsAt(password),
      given: 200,
      alone: true,
    },
    {
      key: 'metrics_certificate_file',
      file: ({ file }) => file('metrics.crt', metricsNames.certificate),
      beside: { metrics_certificate_key_file: ({ file }) => file('metrics.key', metricsNames.key) },
      observe: metricsTls,
      given: 'DNS:metrics.test',
      alone: true,
    },
    {
      key: 'metrics_certificate_key_file',
      file: ({ file }) => file('metrics.key', metricsNames.key),
      beside: { metrics_certificate_file: ({ file }) => file('metrics.crt', metricsNames.certificate) },
      observe: metricsTls,
      given: 'DNS:metrics.test',
      alone: true,
    },
    {
      key: 'metrics_certificate',
      file: base64(metricsNames.certificate),
      beside: { metrics_certificate_key: base64(metricsNames.key) },
      observe: metricsTls,
      given: 'DNS:metrics.test',
      alone: true,
    },
    {
      key: 'metrics_certificate_key',
      file: base64(metricsNames.key),
      beside: { metrics_certificate: base64(metricsNames.certificate) },
      observe: metricsTls,
      given: 'DNS:metrics.test',
      alone: true,
    },
    ...(['metrics_client_ca_file', 'metrics_client_ca'] as const).map((key) => ({
      key,
      title: 'who shows no certificate is not let in',
      file: ({ file }: { file: (name: string, content: string) => string }) =>
        key === 'metrics_client_ca'
          ? base64(scraperAuthority.certificate)
          : file('ca.crt', scraperAuthority.certificate),
      beside: {
        metrics_certificate: base64(metricsNames.certificate),
        metrics_certificate_key: base64(metricsNames.key),
      },
      observe: scraped,
      given: ['broken off', 200],
      leftOut: [200, 200],
      alone: true as const,
    })),
  ],
}

/** What a scraper gets without a certificate, and with one. */
async function scraped({ addresses: { metrics: address } }: RunningStack): Promise<unknown> {
  const port = address?.kind === 'tcp' ? address.port : 0
  const scraper = scraperAuthority.issue({ commonName: 'prometheus', dnsNames: ['prometheus'], ipAddresses: [] })
  const scrape = (identity: object): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...identity })
    socket.once('error', () => resolve('broken off')).once('close', () => resolve('broken off'))
    socket.once('data', (bytes: Buffer) => resolve(Number(bytes.toString('latin1').slice(9, 12))))
    socket.write('GET /metrics HTTP/1.1\r\nHost: metrics.test\r\n\r\n')
    return promise.finally(() => socket.destroy())
  }
  return [await scrape({}), await scrape({ cert: scraper.certificate, key: scraper.key })]
}
