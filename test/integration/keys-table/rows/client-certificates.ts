import { CertificateAuthority, type IssuedCertificate } from '@postern/dev/x509/certificate-authority.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RouteTheme } from '../run-routes.ts'
import type { RunningStack } from '../running-stack.ts'
import type { Surroundings } from '../row.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const server = new CertificateAuthority('public').issue({ commonName: 'app.test', dnsNames: ['*.test'] })
const company = new CertificateAuthority('company')
const department = new CertificateAuthority('department', { parent: company })
const partner = new CertificateAuthority('partner')

const issue = (authority: CertificateAuthority, name: string): IssuedCertificate =>
  authority.issue({ commonName: name, dnsNames: [`${name}.example.com`] })
const ada = issue(company, 'ada')
const bob = issue(company, 'bob')
const stranger = issue(partner, 'ada')
/** From below an authority that is sent along. */
const dora = issue(department, 'dora')
const doraWithChain = { ...dora, certificate: dora.certificate + department.certificate }
const revoked = company.revoke([bob.certificate])

const tls = ({ file }: Surroundings) => ({
  insecure_server: 'false',
  certificate_file: file('server.crt', server.certificate),
  certificate_key_file: file('server.key', server.key),
})

/** What they get who show these certificates; the first shows none. */
const statuses =
  (host: string, ...shown: readonly (IssuedCertificate | undefined)[]) =>
  async (stack: RunningStack) => {
    const got: unknown[] = []
    for (const identity of shown) {
      const { status } = await stack.ask(host, identity ? { identity } : {}).catch(() => ({ status: 'no connection' }))
      got.push(status)
    }
    return got
  }
const everybody = statuses('app.test', undefined, ada, stranger)
const ca = { 'downstream_mtls.ca': base64(company.certificate) }

export const clientCertificates: GlobalTheme = {
  title: 'certificates of clients',
  settings: tls,
  rows: [
    {
      key: 'downstream_mtls.ca',
      file: base64(company.certificate),
      observe: everybody,
      given: [495, 200, 495],
      leftOut: [200, 200, 200],
      alone: true,
    },
    {
      key: 'downstream_mtls.ca_file',
      file: ({ file }) => file('company.crt', company.certificate),
      observe: everybody,
      given: [495, 200, 495],
      leftOut: [200, 200, 200],
      alone: true,
    },
    ...(['downstream_mtls.crl', 'downstream_mtls.crl_file'] as const).map((key) => ({
      key,
      title: 'a certificate that was taken back',
      file: ({ file }: Surroundings) =>
        key === 'downstream_mtls.crl' ? base64(revoked) : file('company.crl', revoked),
      beside: ca,
      observe: statuses('app.test', ada, bob),
      given: [200, 495],
      leftOut: [200, 200],
      alone: true as const,
    })),
    {
      key: 'downstream_mtls.enforcement',
      title: 'policy: only rules look at them',
      file: 'policy',
      env: 'Policy',
      beside: ca,
      observe: everybody,
      given: [200, 200, 200],
      leftOut: [495, 200, 495],
      alone: true,
    },
    {
      key: 'downstream_mtls.enforcement',
      title: 'reject_connection',
      file: 'reject_connection',
      beside: ca,
      observe: everybody,
      given: ['no connection', 200, 'no connection'],
      leftOut: [495, 200, 495],
      alone: true,
    },
    {
      key: 'downstream_mtls.match_subject_alt_names',
      file: '[{dns: "ada[.]example[.]com"}]',
      env: '[{"dns":"ada[.]example[.]com"}]',
      beside: ca,
      observe: statuses('app.test', ada, bob),
      given: [200, 495],
      leftOut: [200, 200],
      alone: true,
    },
    {
      key: 'downstream_mtls.max_verify_depth',
      title: '0: authorities may stand between',
      file: '0',
      beside: ca,
      observe: statuses('app.test', ada, doraWithChain),
      given: [200, 200],
      leftOut: [200, 495],
      alone: true,
    },
  ],
}

export const clientCertificateRoutes: RouteTheme = {
  title: 'certificates of clients on a route',
  settings: tls,
  rows: [
    ...(['tls_downstream_client_ca', 'tls_downstream_client_ca_file'] as const).map((key) => ({
      keys: [key] as const,
      title: 'those of its own authorities',
      route: ({ file }: Surroundings) => ({
        [key]:
          key === 'tls_downstream_client_ca' ? base64(partner.certificate) : file('partner.crt', partner.certificate),
      }),
      observe: ({ stack, host }: { stack: RunningStack; host: string }) =>
        statuses(host, undefined, ada, stranger)(stack),
      given: [495, 495, 200],
      leftOut: [200, 200, 200],
    })),
  ],
}
