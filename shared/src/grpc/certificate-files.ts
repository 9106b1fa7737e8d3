import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { experimental } from '@grpc/grpc-js'
import type { Logger } from '../log/logger.ts'

type Authorities = experimental.CaCertificateUpdateListener
type Identity = experimental.IdentityCertificateUpdateListener

/** Where the certificates are, PEM. */
export interface CertificatePaths {
  readonly certificateFile: string
  readonly keyFile: string
  readonly caFile: string | undefined
}

export interface CertificateFilesDeps {
  readonly log?: Logger
  /** How often the files are looked at. */
  readonly refreshMs?: number | undefined
}

interface Certificates {
  readonly certificate: Buffer
  readonly privateKey: Buffer
  readonly caCertificate: Buffer | undefined
}

const usualRefreshMs = 10_000

/**
 * Certificates that are replaced while the process runs, as cert-manager does every few weeks. New connections get the
 * new ones. Files that cannot be read, or do not belong together (yet), change nothing.
 */
export class CertificateFiles implements experimental.CertificateProvider, Disposable {
  readonly #paths: CertificatePaths
  readonly #log: Logger | undefined
  readonly #authorities = new Set<Authorities>()
  readonly #identities = new Set<Identity>()
  readonly #timer: NodeJS.Timeout
  #current: Certificates
  #reading = false
  #isFailing = false

  private constructor(paths: CertificatePaths, first: Certificates, deps: CertificateFilesDeps) {
    this.#paths = paths
    this.#current = first
    this.#log = deps.log
    this.#timer = setInterval(() => void this.refresh(), deps.refreshMs ?? usualRefreshMs).unref()
  }

  /** @throws what is wrong with the files */
  static async open(paths: CertificatePaths, deps: CertificateFilesDeps = {}): Promise<CertificateFiles> {
    return new CertificateFiles(paths, await readCertificates(paths), deps)
  }

  /** Looks at the files now. Happens by itself every few seconds. */
  async refresh(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      const found = await readCertificates(this.#paths)
      if (!isSame(found, this.#current)) this.#replace(found)
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#log?.warn({ error }, 'certificates cannot be replaced; the ones before stay in use')
      this.#isFailing = true
    } finally {
      this.#reading = false
    }
  }

  addCaCertificateListener(listener: Authorities): void {
    this.#authorities.add(listener)
    queueMicrotask(() => this.#tellAuthorities(listener))
  }

  removeCaCertificateListener(listener: Authorities): void {
    this.#authorities.delete(listener)
  }

  addIdentityCertificateListener(listener: Identity): void {
    this.#identities.add(listener)
    queueMicrotask(() => listener(this.#current))
  }

  removeIdentityCertificateListener(listener: Identity): void {
    this.#identities.delete(listener)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #replace(found: Certificates): void {
    this.#current = found
    for (const listener of this.#authorities) this.#tellAuthorities(listener)
    for (const listener of this.#identities) listener(found)
    this.#log?.info({ certificateFile: this.#paths.certificateFile }, 'certificates were replaced')
  }

  #tellAuthorities(listener: Authorities): void {
    const { caCertificate } = this.#current
    if (caCertificate) listener({ caCertificate })
  }
}

/** Throws for a key that is not the certificate's, and for anything that is not PEM. */
async function readCertificates({ certificateFile, keyFile, caFile }: CertificatePaths): Promise<Certificates> {
  const [certificate, privateKey] = await Promise.all([readFile(certificateFile), readFile(keyFile)])
  const caCertificate = caFile === undefined ? undefined : await readFile(caFile)
  createSecureContext({ cert: certificate, key: privateKey, ...(caCertificate ? { ca: caCertificate } : {}) })
  return { certificate, privateKey, caCertificate }
}

function isSame(one: Certificates, other: Certificates): boolean {
  if (!one.certificate.equals(other.certificate) || !one.privateKey.equals(other.privateKey)) return false
  if (!one.caCertificate || !other.caCertificate) return one.caCertificate === other.caCertificate
  return one.caCertificate.equals(other.caCertificate)
}
