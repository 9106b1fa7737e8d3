import { fetchText } from '../http/fetch-text.ts'
import type { IdTokenMinter } from './id-token-minter.ts'

/** Where every machine of Google Cloud finds its metadata server. */
export const usualMetadataHost = 'metadata.google.internal'

const timeoutMs = 2_000
const maxBytes = 16_384

/** ID tokens of the service account that this machine runs as, asked from its metadata server. */
export function metadataMinter(host: string, send?: typeof fetch): IdTokenMinter {
  return {
    name: 'the service account of this machine (metadata server)',
    timeoutMs: 2 * timeoutMs,
    mint: async (audience) => {
      const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/identity`)
      url.searchParams.set('audience', audience)
      url.searchParams.set('format', 'full')
      const headers = { 'metadata-flavor': 'Google' }
      return fetchText(url, { timeoutMs, maxBytes, headers, plainHttpHost: host, ...(send ? { send } : {}) })
    },
    advise: ({ status }) =>
      status === 404
        ? 'There is no service account identity here: give this workload a service account.'
        : 'Services prove themselves with Google tokens on Google Cloud only: set grpc_authentication to something else elsewhere.',
  }
}
