import { connect } from 'node:tls'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import type { GlobalRow, Surroundings, Text } from '../row.ts'
import type { RunningStack } from '../running-stack.ts'

const authority = new CertificateAuthority('services')
const stranger = new CertificateAuthority('somebody else')
const services = authority.issue({
  commonName: 'services',
  dnsNames: ['proxy', 'authorize', 'authenticate', 'localhost'],
  ipAddresses: ['127.0.0.1'],
})

const certificate: Text = ({ file }) => file('services.crt', services.certificate)
const key: Text = ({ file }) => file('services.key', services.key)
const ca: Text = ({ file }) => file('services-ca.crt', authority.certificate)

/** Authorize listens on a port, so everybody has to prove who it is. */
const reach = {
  authorize_service_url: ({ port }: Surroundings) => `https://localhost:${String(port)}`,
  'authorize/grpc_address': ({ port }: Surroundings) => `127.0.0.1:${String(port)}`,
}
const files = { 'grpc_tls.certificate_file': certificate, 'grpc_tls.key_file': key, 'grpc_tls.ca_file': ca }

const open = async (stack: RunningStack): Promise<number> => (await stack.ask('open.test')).status

/** Whether requests are decided, and what authorize shows to somebody who connects without a certificate. */
async function proofs(stack: RunningStack): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const { port } = stack.bench.surroundings
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  })
  socket.once('secureConnect', () => resolve(socket.getPeerCertificate().subject.CN))
  socket.once('error', (error) => resolve(error.message))
  return [await open(stack), await promise.finally(() => socket.destroy())]
}

const without = (name: keyof typeof files): Readonly<Record<string, Text>> =>
  Object.fromEntries(Object.entries({ ...reach, ...files }).filter(([key]) => key !== name))

/** How the services believe each other. */
export const apartTls: readonly GlobalRow[] = [
  ...(Object.keys(files) as (keyof typeof files)[]).map((name) => ({
    key: name,
    file: files[name],
    beside: without(name),
    observe: proofs,
    given: [200, 'services'],
  })),
  {
    key: 'grpc_tls.ca_file',
    title: 'of somebody else',
    file: ({ file }) => file('stranger.crt', stranger.certificate),
    only: 'proxy',
    beside: { ...reach, ...files },
    observe: open,
    given: 503,
    leftOut: 200,
  },
  {
    key: 'grpc_tls.client_names.proxy',
    file: '[somebody]',
    env: 'somebody,somebody-else',
    only: 'authorize',
    beside: { ...reach, ...files },
    observe: open,
    given: 503,
    leftOut: 200,
  },
  {
    key: 'grpc_authentication',
    title: 'shared_secret: no certificate of the caller is needed',
    file: 'shared_secret',
    env: 'Shared_Secret',
    beside: {
      ...reach,
      'grpc_tls.ca_file': ca,
      'authorize/grpc_tls.certificate_file': certificate,
      'authorize/grpc_tls.key_file': key,
    },
    observe: proofs,
    given: [200, 'services'],
  },
  {
    key: 'grpc_authentication',
    title: 'both sides have to agree',
    file: 'shared_secret',
    only: 'authorize',
    beside: { ...reach, ...files },
    observe: open,
    given: 503,
    leftOut: 200,
  },
]
