/**
 * Who may import what. Read twice: by `eslint.config.js`, which marks the line in the editor, and by
 * `architecture.test.ts`, which also catches what a linter does not see.
 */

/** Each third-party package has one home: swapping it is a change in one place. Folders end with a slash. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['shared/src/grpc/'],
  '@grpc/proto-loader': ['shared/src/grpc/'],
  'grpc-health-check': ['shared/src/grpc/'],
  jose: ['shared/src/jose/', 'dev/src/'],
  ioredis: ['shared/src/session/redis/'],
  yaml: ['shared/src/config/'],
  zod: ['shared/src/config/'],
  pino: ['shared/src/log/'],
  'prom-client': ['shared/src/metrics/'],
  re2js: ['shared/src/regex/'],
  'openid-client': ['services/authenticate/src/idp/'],
  koa: ['services/authenticate/src/'],
  'koa-router': ['services/authenticate/src/'],
  undici: ['services/proxy/src/forward/'],
  'http-proxy': ['services/proxy/src/upgrade/'],
  // Two homes: tokens for upstreams are the proxy's alone, but every service may find its secrets in Secret Manager.
  'google-auth-library': ['services/proxy/src/google-identity/', 'shared/src/google-secrets/'],
  'lru-cache': ['services/authorize/src/'],
  'oidc-provider': ['dev/src/'],
}

/** Only tests use these; a test may also use any package above. */
export const testPackages: readonly string[] = [
  'ajv',
  'fast-check',
  'kubernetes-models',
  'playwright-core',
  'typescript',
  'ws',
]

/** Our own workspaces, and which of them each may import. Tests under `test/` may import all. */
export const workspaceImports: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  'services/proxy': ['@postern/shared'],
  'services/authorize': ['@postern/shared'],
  'services/authenticate': ['@postern/shared'],
  cli: ['@postern/shared', '@postern/proxy', '@postern/authorize', '@postern/authenticate'],
  dev: ['@postern/shared', '@postern/cli'],
}

export const allWorkspacePackages: readonly string[] = [
  '@postern/shared',
  '@postern/proxy',
  '@postern/authorize',
  '@postern/authenticate',
  '@postern/cli',
  '@postern/dev',
]

/** The policy engine: what it may import besides itself. */
export const policyEngine = {
  folder: 'services/authorize/src/policy/',
  mayImport: '@postern/shared/vocabulary/',
  /** Modules of Node, and how many files use each: none. */
  builtins: {},
} as const

/** Tests and benchmarks by their path: they may be long, import test packages, and reach into any workspace. */
export function isTestCode(path: string): boolean {
  return /^(?:test|bench)\//.test(path) || path.endsWith('.test.ts') || path.endsWith('-contract.ts')
}
