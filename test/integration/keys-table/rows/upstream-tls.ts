import { seen } from '../look.ts'
import type { Surroundings } from '../row.ts'
import type { RouteTheme } from '../run-routes.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const tlsSeen = seen({}, ({ app, tls }) => [app, tls?.name, tls?.client])

const trusted = ({ apps }: Surroundings) => ({ to: apps.tls, tls_custom_ca: base64(apps.authority.certificate) })
const named = (at: Surroundings) => ({ ...trusted(at), tls_server_name: 'up.test' })
const good = ['tls', 'up.test', undefined]
const withCertificate = ['mutual-tls', 'up.test', 'CN=postern']

export const upstreamTls: RouteTheme = {
  title: 'TLS towards the application',
  rows: [
    {
      keys: ['tls_server_name'],
      route: (at) => named(at),
      observe: tlsSeen,
      given: good,
      leftOut: 502,
    },
    {
      keys: ['tls_upstream_server_name'],
      title: 'wins',
      route: (at) => ({ ...trusted(at), tls_server_name: 'wrong.test', tls_upstream_server_name: 'up.test' }),
      observe: tlsSeen,
      given: good,
      leftOut: 502,
    },
    {
      keys: ['tls_custom_ca'],
      route: (at) => named(at),
      observe: tlsSeen,
      given: good,
      leftOut: 502,
    },
    {
      keys: ['tls_custom_ca_file'],
      route: ({ apps, file }) => ({
        to: apps.tls,
        tls_server_name: 'up.test',
        tls_custom_ca_file: file('applications.pem', apps.authority.certificate),
      }),
      observe: tlsSeen,
      given: good,
      leftOut: 502,
    },
    {
      keys: ['tls_skip_verify'],
      route: ({ apps }) => ({ to: apps.tls, tls_skip_verify: true }),
      observe: seen({}, ({ app }) => app),
      given: 'tls',
      leftOut: 502,
    },
    {
      keys: ['tls_client_cert', 'tls_client_key'],
      route: (at) => ({
        ...named(at),
        to: at.apps.mutualTls,
        tls_client_cert: base64(at.apps.clientCertificate.certificate),
        tls_client_key: base64(at.apps.clientCertificate.key),
      }),
      observe: tlsSeen,
      given: withCertificate,
      leftOut: 502,
    },
    {
      keys: ['tls_client_cert_file', 'tls_client_key_file'],
      route: (at) => ({
        ...named(at),
        to: at.apps.mutualTls,
        tls_client_cert_file: at.file('client.pem', at.apps.clientCertificate.certificate),
        tls_client_key_file: at.file('client.key', at.apps.clientCertificate.key),
      }),
      observe: tlsSeen,
      given: withCertificate,
      leftOut: 502,
    },
    {
      keys: ['to'],
      title: 'https inside a socket',
      route: (at) => ({ ...named(at), to: at.apps.tlsInSocket }),
      observe: tlsSeen,
      given: ['tls-in-socket', 'up.test', undefined],
    },
  ],
}
