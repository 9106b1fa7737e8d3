import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'

export type Shape = 'one' | 'apart'

export const folder = resolve('cloudrun')
const fakeGcloud = resolve('test/integration/cloudrun/fake-gcloud.sh')

/** A place in which deploy.sh meets a Google that remembers. */
export class Deployment implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'postern-cloudrun-'))
  readonly #state = join(this.directory, 'state')
  readonly #bin = join(this.directory, 'bin')
  readonly #copy = join(this.directory, 'cloudrun')

  constructor(settings = '') {
    mkdirSync(this.#state)
    mkdirSync(this.#bin)
    for (const name of ['gcloud', 'docker']) symlinkSync(fakeGcloud, join(this.#bin, name))
    cpSync(folder, this.#copy, { recursive: true })
    const usual = readFileSync(join(folder, 'settings.example'), 'utf8')
    writeFileSync(join(this.#copy, 'settings'), `${usual}\n${settings}\n`)
    writeFileSync(join(this.#copy, 'idp-client-secret.txt'), 'a-client-secret')
    writeFileSync(join(this.#copy, 'redis-url-authorize.txt'), 'rediss://authorize:one@10.0.0.3:6378/0')
    writeFileSync(join(this.#copy, 'redis-url-authenticate.txt'), 'rediss://authenticate:two@10.0.0.3:6378/0')
    writeFileSync(join(this.#copy, 'redis-ca.pem'), new CertificateAuthority('Redis').certificate)
  }

  /** Puts another program before the system's. */
  addProgram(name: string, script: string): void {
    writeFileSync(join(this.#bin, name), script, { mode: 0o755 })
  }

  writeFile(name: string, text: string): void {
    writeFileSync(join(this.#copy, name), text)
  }

  run(...flags: readonly string[]): { readonly code: number | null; readonly output: string; readonly errors: string } {
    const { status, stdout, stderr } = spawnSync(join(this.#copy, 'deploy.sh'), [...flags], {
      encoding: 'utf8',
      env: {
        PATH: `${this.#bin}:/usr/local/bin:/usr/bin:/bin`,
        FAKE_GCLOUD_STATE: this.#state,
        TMPDIR: this.directory,
      },
    })
    return { code: status, output: stdout, errors: stderr }
  }

  /** What gcloud and docker were called with. */
  get calls(): readonly string[] {
    const file = join(this.#state, 'calls')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  /** The same, since the last time. */
  takeCalls(): readonly string[] {
    const { calls } = this
    rmSync(join(this.#state, 'calls'), { force: true })
    return calls
  }

  secret(name: string): string {
    return readFileSync(join(this.#state, `secret-${name}`), 'utf8')
  }

  get zone(): string {
    return readFileSync(join(this.#state, 'zone'), 'utf8')
  }

  /** The services as `gcloud run services replace` got them, by name. */
  services(): ReadonlyMap<string, any> {
    const files = readdirSync(this.#state).filter((name) => name.startsWith('service-'))
    const documents = files.map((name) => parse(readFileSync(join(this.#state, name), 'utf8')))
    return new Map(documents.map((document) => [document.metadata.name, document]))
  }

  /** What is left behind in the directory for temporary files. */
  leftovers(): readonly string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('postern-deploy'))
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
