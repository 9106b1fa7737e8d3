import assert from 'node:assert/strict'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import { allow } from './fake-checker.ts'
import { sendRaw, type RawAnswer } from './raw-client.ts'
import { startProxyUnderTest, type ProxyOptions, type ProxyUnderTest } from './proxy-under-test.ts'

/** What an operator writes, as data: JSON is YAML. */
export interface WrittenConfig {
  readonly routes: readonly Readonly<Record<string, unknown>>[]
  readonly [key: string]: unknown
}

const whatEveryFileHas = {
  authenticate_service_url: 'https://authn.example.com',
  authorize_service_url: 'unix:///run/postern/authorize.sock',
  authenticate_grpc_service_url: 'unix:///run/postern/authenticate.sock',
  insecure_server: true,
}

/** The proxy's part of a file, read as `postern proxy` reads it; every route lets anybody in unless it says otherwise. */
export function readConfigured(written: WrittenConfig): ProxyConfig {
  const routes = written.routes.map((route) => ({ allow_public_unauthenticated_access: true, ...route }))
  const text = JSON.stringify({ ...whatEveryFileHas, ...written, routes })
  const result = loadConfig({
    file: { path: 'config.yaml', text },
    env: {},
    readFile: (path) => assert.fail(Object.assign(new Error(path), { code: 'ENOENT' })),
    services: ['proxy'],
  })
  assert.equal(result.kind, 'ok', result.kind === 'invalid' ? result.issues.map(describeIssue).join('\n') : '')
  return { ...result.config.proxy, listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } }
}

/** A real proxy for what an operator wrote, on a free port. */
export function startConfigured(written: WrittenConfig, more: Partial<ProxyOptions> = {}): Promise<ProxyUnderTest> {
  const config = readConfigured(written)
  return startProxyUnderTest({
    routes: config.routes,
    decide: () => allow(),
    ...more,
    config: { ...config, ...more.config },
  })
}

/** One request of a plain client; `lines` are further header lines. */
export function get(port: number, url: string, ...lines: string[]): Promise<RawAnswer> {
  const slash = url.indexOf('/')
  const [host, target] = [url.slice(0, slash), url.slice(slash)]
  return sendRaw(port, [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n'))
}

/** The value of a header of a raw answer, `undefined` where it is not there. */
export function headerOf({ text }: RawAnswer, name: string): string | undefined {
  const [head = ''] = text.split('\r\n\r\n', 1)
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim()
}

export function bodyOf({ text }: RawAnswer): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}
