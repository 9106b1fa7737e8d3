import { hash } from 'node:crypto'

/**
 * Names a client configuration at an identity provider: sessions that came from another one are told apart. Survives a
 * rotated secret.
 */
export function idpIdOf(issuer: URL, clientId: string): string {
  return hash('sha256', `${issuer.href}\n${clientId}`, 'base64url').slice(0, 16)
}
