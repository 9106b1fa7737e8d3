/** The services of `cloudrun/` as Cloud Run would start them: their configuration, ports, arguments and probes. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { environmentOf, takeParts } from '@postern/authenticate/parts.ts'
import { routePolicy } from '@postern/authorize/policy/route-policy.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { globalKeys, routeListKeys } from '@postern/shared/config/keys/global-keys.ts'
import { loadConfig, type LoadedConfig, type LoadResult, type PolicyCheck } from '@postern/shared/config/load-config.ts'
import type { ServiceName } from '@postern/shared/config/model.ts'
import { resolveReferences } from '@postern/shared/google-secrets/resolve-references.ts'
import { parseCommandLine } from '@postern/shared/lifecycle/command-line.ts'
import { serviceFlags } from '@postern/shared/lifecycle/run-service.ts'
import { groups } from '../../../cli/src/doctor/finding.ts'
import { commands } from '../../../cli/src/run-command-line.ts'
import { Deployment, type Shape } from './deployment.ts'

interface Expected {
  readonly shape: Shape
  readonly loads: readonly ServiceName[]
  readonly port: 'http1' | 'h2c'
  readonly isPublic: boolean
}

const expected: Readonly<Record<string, Expected>> = {
  postern: { shape: 'one', loads: ['proxy', 'authorize', 'authenticate'], port: 'http1', isPublic: true },
  'postern-proxy': { shape: 'apart', loads: ['proxy'], port: 'http1', isPublic: true },
  'postern-authorize': { shape: 'apart', loads: ['authorize'], port: 'h2c', isPublic: false },
  'postern-authenticate': { shape: 'apart', loads: ['authenticate'], port: 'http1', isPublic: true },
  'postern-authenticate-grpc': { shape: 'apart', loads: ['authenticate'], port: 'h2c', isPublic: false },
}

describe('the services for Cloud Run', () => {
  const deployments = new Map<Shape, Deployment>()
  before(() => {
    for (const shape of ['one', 'apart'] as const) {
      const deployment = new Deployment()
      deployments.set(shape, deployment)
      assert.equal(deployment.run(shape, '--skip-images').code, 0)
    }
  })
  after(() => {
    for (const deployment of deployments.values()) deployment[Symbol.dispose]()
  })
  const deploymentOf = (shape: Shape): Deployment => deployments.get(shape) ?? assert.fail()
  const specOf = (name: string, { shape }: Expected): any => deploymentOf(shape).services().get(name)?.spec.template

  it('are all there are', () => {
    const names = [...deployments.values()].flatMap((deployment) => [...deployment.services().keys()])
    assert.deepEqual(names.toSorted(), Object.keys(expected).toSorted())
  })

  for (const [name, wanted] of Object.entries(expected)) {
    it(`${name}: its configuration is valid from what it is given, and it listens where Cloud Run looks`, async () => {
      const { spec } = specOf(name, wanted)
      const [container] = spec.containers
      const result = await loadAs(name, wanted, container, spec, deploymentOf(wanted.shape))
      assert.deepEqual(result.kind === 'invalid' ? result.issues.map(describeIssue) : [], [])
      assert.ok(result.kind === 'ok')
      assert.equal(portOf(name, result.config), container.ports[0].containerPort)
      const routes = 'proxy' === wanted.loads[0] ? result.config.proxy.routes : []
      assert.deepEqual(
        routes.map(({ from, serverless }) => [from.host, serverless?.audience]),
        routes.length === 0
          ? []
          : ['hello', 'verify'].map((app) => [
              `${app}.cloudrun.example.com`,
              `https://${app}-123456789012.europe-west1.run.app`,
            ]),
      )
      const warned = result.warnings.map(describeIssue).filter((warning) => !warning.includes('redis_url: '))
      assert.deepEqual(warned, [])
    })

    it(`${name}: arguments that its image takes, variables that Postern knows`, () => {
      const [container] = specOf(name, wanted).spec.containers
      const image = /\/postern\/([\w-]+):v1$/.exec(container.image)?.[1] ?? ''
      const words: string[] = container.args
      const command = image === 'run' ? words[0] : image
      const { rest } = takeParts(image === 'run' ? words.slice(1) : words)
      assert.ok(Object.hasOwn(commands, command ?? ''), `${String(command)} is a command`)
      assert.deepEqual(parseCommandLine(rest, serviceFlags), {
        flags: { config: '/postern/config.yaml' },
        lists: {},
        rest: [],
      })
      const known = ['VALS_FILES', ...[...Object.keys(globalKeys), ...routeListKeys].map((key) => key.toUpperCase())]
      for (const variable of container.env) assert.ok(known.includes(variable.name), variable.name)
    })

    it(`${name}: one port of the right kind, probes that fit it, bounds that Cloud Run accepts`, () => {
      const { metadata, spec } = specOf(name, wanted)
      const [container, ...others] = spec.containers
      assert.equal(others.length, 0)
      assert.deepEqual(container.ports, [{ name: wanted.port, containerPort: 8080 }])
      for (const probe of [container.startupProbe, container.livenessProbe]) {
        const how = wanted.port === 'h2c' ? { grpc: { port: 8080 } } : { httpGet: { path: '/ping', port: 8080 } }
        assert.deepEqual({ grpc: probe.grpc, httpGet: probe.httpGet }, { grpc: undefined, httpGet: undefined, ...how })
        assert.ok(probe.timeoutSeconds <= probe.periodSeconds && probe.periodSeconds * probe.failureThreshold <= 240)
      }
      const annotations = metadata.annotations
      assert.ok(Number(annotations['autoscaling.knative.dev/minScale']) >= 1, 'sign-ins should not wait for a start')
      assert.equal(annotations['run.googleapis.com/cpu-throttling'], 'false')
      assert.ok(spec.timeoutSeconds <= 3600 && spec.containerConcurrency <= 1000)
      // Streams of checks are renewed within minutes, WebSockets live as long as they may.
      if (['postern', 'postern-proxy', 'postern-authorize'].includes(name)) assert.equal(spec.timeoutSeconds, 3600)
      if (name === 'postern')
        assert.equal(annotations['autoscaling.knative.dev/maxScale'], '1', 'sessions are in memory')
    })
  }

  for (const [shape, loads] of [
    ['one', ['proxy', 'authorize', 'authenticate']],
    ['apart', ['proxy']],
  ] as const) {
    it(`${shape}: the job that asks whether all is well has arguments, configuration and files for it`, () => {
      const deployment = deploymentOf(shape)
      const call = deployment.calls.find((line) => line.startsWith('gcloud run jobs deploy postern-doctor ')) ?? ''
      const [command = '', ...words] = (/--args=\^;\^(\S+)/.exec(call)?.[1] ?? '').split(';')
      const { flags } = parseCommandLine(words, commands[command]?.flags ?? assert.fail())
      assert.deepEqual([command, flags['config']], ['doctor', '/postern/config.yaml'])
      const unknown = String(flags['only'])
        .split(',')
        .filter((name) => !Object.hasOwn(groups, name))
      assert.deepEqual(unknown, [])
      const mounts = (/--set-secrets=(\S+)/.exec(call)?.[1] ?? '').split(',').map((mount) => mount.split(/[=:]/))
      const files = new Map(mounts.map(([path = '', secret = '']) => [path, deployment.secret(secret)]))
      const readFile = (path: string): string => files.get(path) ?? assert.fail(`${path} is not mounted`)
      const result = loadConfig({
        file: { path: 'config.yaml', text: readFile('/postern/config.yaml') },
        env: { CLOUD_RUN_JOB: 'postern-doctor', ROUTES: /ROUTES=(\S+)/.exec(call)?.[1] },
        readFile,
        services: loads,
      })
      assert.deepEqual(result.kind === 'invalid' ? result.issues.map(describeIssue) : [], [])
    })
  }

  it('meet at the addresses and audiences that Cloud Run gives them, and know each other’s accounts', async () => {
    const wanted = expected['postern-proxy'] ?? assert.fail()
    const { spec } = specOf('postern-proxy', wanted)
    const result = await loadAs('postern-proxy', wanted, spec.containers[0], spec, deploymentOf('apart'))
    assert.ok(result.kind === 'ok')
    const { authorizeTargets, authenticateTargets, grpc } = result.config.proxy
    const at = (service: string): string => `postern-${service}-123456789012.europe-west1.run.app`
    assert.deepEqual(
      [...authorizeTargets, ...authenticateTargets],
      [`dns:///${at('authorize')}:443`, `dns:///${at('authenticate-grpc')}:443`],
    )
    assert.ok(grpc.security.kind === 'google')
    assert.deepEqual(grpc.security.audiences, {
      authorize: `https://${at('authorize')}`,
      authenticate: `https://${at('authenticate-grpc')}`,
    })
    const accountOf = (name: string): string =>
      String(deploymentOf('apart').services().get(name)?.spec.template.spec.serviceAccountName)
    assert.deepEqual(grpc.security.callers.proxy, [accountOf('postern-proxy')])
    assert.deepEqual(grpc.security.callers.authorize, [accountOf('postern-authorize')])
  })
})

/** Loads as the container would: its variables, the platform's, the files that are mounted, and no others. */
async function loadAs(
  name: string,
  { loads }: Expected,
  container: any,
  spec: any,
  deployment: Deployment,
): Promise<LoadResult> {
  const given = Object.fromEntries(container.env.map((variable: any) => [variable.name, variable.value as string]))
  const { parts } = takeParts(container.args.slice(container.args[0] === 'run' ? 1 : 0))
  const platform = environmentOf(parts, { ...given, PORT: '8080', K_SERVICE: name })
  const { env, files, issues } = await resolveReferences(platform, ({ secret }) =>
    Promise.resolve({ kind: 'ok', text: deployment.secret(secret) }),
  )
  assert.deepEqual(issues, [])
  const mounted = new Map(files)
  for (const { name: volume, mountPath } of container.volumeMounts ?? []) {
    const { secret } = spec.volumes.find((one: any) => one.name === volume)
    for (const { path } of secret.items)
      mounted.set(`${String(mountPath)}/${String(path)}`, deployment.secret(secret.secretName))
  }
  const readFile = (path: string): string => mounted.get(path) ?? assert.fail(`${path} is not mounted`)
  const file = { path: '/postern/config.yaml', text: readFile('/postern/config.yaml') }
  return loadConfig({ file, env: { ...env, VALS_FILES: undefined }, readFile, services: loads, checkPolicy })
}

const checkPolicy: PolicyCheck = (route) => {
  const result = routePolicy(route)
  return result.kind === 'invalid' ? result.issues : []
}

function portOf(name: string, config: LoadedConfig): number | undefined {
  const listen =
    name === 'postern' || name === 'postern-proxy'
      ? config.proxy.listen
      : name === 'postern-authenticate'
        ? config.authenticate.listen
        : name === 'postern-authorize'
          ? config.authorize.grpc.listen
          : config.authenticate.grpc.listen
  return listen.kind === 'tcp' ? listen.port : undefined
}
