/** What `k8s/` renders to, held against the Kubernetes schemas and against what the architecture promises. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service, ServiceAccount } from 'kubernetes-models/v1'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import { ofKind, render, selects } from './render.ts'

const models: Readonly<Record<string, new (data: any) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
}
const services = ['authenticate', 'authorize', 'proxy']

for (const folder of ['k8s/base', 'k8s/overlays/gke']) {
  describe(folder, () => {
    const objects = render(folder)
    const deployments = ofKind(objects, 'Deployment')
    const podOf = (name: string): any =>
      deployments.find(({ metadata }) => metadata.name === `postern-${name}`)?.spec.template

    for (const object of objects) {
      it(`${object.kind} ${object.metadata.name} is valid, and in the namespace`, () => {
        const Model = models[object.kind]
        assert.ok(Model, 'a kind that this test does not know')
        new Model(object).validate()
        assert.equal(object.metadata.namespace, 'postern')
      })
    }

    it('deploys the three services apart, each under an account of its own', () => {
      assert.deepEqual(
        deployments.map(({ metadata }) => metadata.name).sort(),
        services.map((name) => `postern-${name}`),
      )
      for (const name of services) assert.equal(podOf(name).spec.serviceAccountName, `postern-${name}`)
      const accounts = ofKind(objects, 'ServiceAccount')
      assert.deepEqual(
        accounts.map(({ metadata }) => metadata.name).sort(),
        services.map((name) => `postern-${name}`),
      )
      assert.ok(accounts.every(({ automountServiceAccountToken }) => automountServiceAccountToken === false))
    })

    for (const name of services) {
      it(`${name}: the pod keeps the restricted Pod Security Standard`, () => assertRestricted(podOf(name).spec))

      it(`${name}: has probes on its health port, asks for resources, and leaves before it ends`, () => {
        const { containers, terminationGracePeriodSeconds } = podOf(name).spec
        const [container] = containers
        const health = container.ports.find((port: any) => port.name === 'health')
        assert.equal(health.containerPort, 8090)
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
          assert.equal(container[probe].httpGet.port, 'health')
        assert.equal(container.readinessProbe.httpGet.path, '/.pomerium/ready')
        assert.equal(container.livenessProbe.httpGet.path, '/.pomerium/live')
        assert.ok(
          container.resources.requests.cpu && container.resources.requests.memory && container.resources.limits.memory,
        )
        assert.equal(container.resources.limits.cpu, undefined, 'a CPU limit throttles the event loop')
        assert.ok(terminationGracePeriodSeconds - Number(container.lifecycle.preStop.sleep.seconds) > 10)
      })

      it(`${name}: one pod at least survives every planned disruption`, () => {
        const budget = ofKind(objects, 'PodDisruptionBudget').find(
          ({ metadata }) => metadata.name === `postern-${name}`,
        )
        assert.ok(budget)
        assert.equal(budget.spec.minAvailable, 1)
        assert.ok(selects(budget.spec.selector.matchLabels, podOf(name).metadata.labels))
      })
    }

    it('has selectors that take exactly the pods they mean', () => {
      for (const { metadata, spec } of deployments) {
        const taken = deployments.filter((other) =>
          selects(spec.selector.matchLabels, other.spec.template.metadata.labels),
        )
        assert.deepEqual(
          taken.map((other) => other.metadata.name),
          [metadata.name],
        )
      }
      for (const service of ofKind(objects, 'Service')) {
        const [deployment, ...more] = deployments.filter((other) =>
          selects(service.spec.selector, other.spec.template.metadata.labels),
        )
        assert.ok(deployment && more.length === 0, `${service.metadata.name} selects one deployment`)
        const ports = deployment.spec.template.spec.containers[0].ports.map((port: any) => port.name)
        for (const port of service.spec.ports)
          assert.ok(ports.includes(port.targetPort), `${service.metadata.name} ${port.name}`)
      }
    })

    it('lets gRPC clients see every pod, and no client reach a health port', () => {
      const all = ofKind(objects, 'Service')
      const headless = all.filter(({ spec }) => spec.clusterIP === 'None').map(({ metadata }) => metadata.name)
      assert.deepEqual(headless.sort(), ['authenticate', 'authorize'])
      assert.ok(all.every(({ spec }) => spec.ports.every((port: any) => port.targetPort !== 'health')))
      assert.ok(all.every(({ spec }) => (spec.type ?? 'ClusterIP') === 'ClusterIP'))
    })

    it('scales the proxy by load, and nothing else', () => {
      const [scaler, ...more] = ofKind(objects, 'HorizontalPodAutoscaler')
      assert.deepEqual([scaler?.spec.scaleTargetRef.name, more.length], ['postern-proxy', 0])
      assert.equal(deployments.find(({ metadata }) => metadata.name === 'postern-proxy')?.spec.replicas, undefined)
      assert.ok(scaler?.spec.minReplicas >= 2)
    })

    it('gives each service the secrets of its row in the architecture, and no other', () => {
      assert.deepEqual(secretsOf(podOf('proxy').spec), ['postern-tls-proxy: ca.crt tls.crt tls.key'])
      assert.deepEqual(secretsOf(podOf('authorize').spec), [
        'postern-authorize: redis-url',
        'postern-redis-ca: ca.crt',
        'postern-shared: shared-secret',
        'postern-tls-authorize: ca.crt tls.crt tls.key',
      ])
      assert.deepEqual(secretsOf(podOf('authenticate').spec), [
        'postern-authenticate: cookie-secret idp-client-secret redis-url',
        'postern-redis-ca: ca.crt',
        'postern-shared: shared-secret',
        'postern-tls-authenticate: ca.crt tls.crt tls.key',
      ])
      assert.equal(ofKind(objects, 'Secret').length, 0, 'secrets are referred to, never written here')
    })

    it('has a configuration that each service can load from what it mounts', () => {
      const [map] = ofKind(objects, 'ConfigMap')
      for (const name of services) {
        const pod = podOf(name).spec
        assert.equal(pod.volumes.find((volume: any) => volume.name === 'config').configMap.name, map?.metadata.name)
        assert.deepEqual(issuesOf(map?.data?.['config.yaml'] ?? '', name, pod), [])
      }
    })

    it('has ports where the configuration listens', () => {
      const portsOf = (name: string): string[] =>
        podOf(name).spec.containers[0].ports.map((port: any) => `${port.name} ${port.containerPort}`)
      assert.deepEqual(portsOf('proxy'), ['http 8080', 'health 8090'])
      assert.deepEqual(portsOf('authorize'), ['grpc 5443', 'health 8090'])
      assert.deepEqual(portsOf('authenticate'), ['http 8080', 'grpc 5443', 'health 8090'])
    })
  })
}

describe('network policies', () => {
  const objects = render('k8s/overlays/gke')
  const policies = ofKind(objects, 'NetworkPolicy')
  const policyOf = (name: string): any => policies.find(({ metadata }) => metadata.name === `postern-${name}`)?.spec

  it('deny everything that is not said', () => {
    assert.deepEqual(policyOf('default-deny'), {
      podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'postern' } },
      policyTypes: ['Ingress', 'Egress'],
    })
    for (const pod of ofKind(objects, 'Deployment')) {
      assert.equal(pod.spec.template.metadata.labels['app.kubernetes.io/part-of'], 'postern')
    }
  })

  it('let only the proxy ask authorize, and only proxy and authorize ask authenticate', () => {
    assert.deepEqual(callersOf(policyOf('authorize')), ['proxy 5443'])
    assert.deepEqual(callersOf(policyOf('authenticate')), ['authorize 5443', 'proxy 5443', 'proxy 8080'])
  })

  it('give the proxy no way to Redis', () => {
    const ports = policyOf('proxy').egress.flatMap((rule: any) => rule.ports.map(({ port }: any) => port))
    assert.deepEqual([...new Set(ports)].sort(), [443, 5443, 80, 8080, 988].sort())
  })
})

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
function assertRestricted(pod: any): void {
  assert.equal(pod.hostNetwork ?? pod.hostPID ?? pod.hostIPC, undefined)
  assert.equal(pod.securityContext.runAsNonRoot, true)
  assert.ok(pod.securityContext.runAsUser > 0)
  assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault')
  assert.equal(pod.automountServiceAccountToken, false)
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const context = container.securityContext
    assert.deepEqual(context, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    assert.ok(container.ports.every((port: any) => port.hostPort === undefined))
  }
  const kinds = pod.volumes.map((volume: any) => Object.keys(volume).find((key) => key !== 'name'))
  assert.ok(
    kinds.every((kind: string) => ['configMap', 'projected', 'emptyDir'].includes(kind)),
    kinds.join(),
  )
}

function secretsOf(pod: any): string[] {
  const sources = pod.volumes.flatMap((volume: any) => volume.projected?.sources ?? [])
  assert.ok(
    sources.every((source: any) => source.secret?.items),
    'every key is named',
  )
  const environment = pod.containers.flatMap((container: any) => [
    ...(container.env ?? []),
    ...(container.envFrom ?? []),
  ])
  assert.deepEqual(environment, [], 'secrets are files, never variables')
  return sources
    .map(
      ({ secret }: any) =>
        `${secret.name}: ${secret.items
          .map(({ key }: any) => key)
          .sort()
          .join(' ')}`,
    )
    .sort()
}

const authority = new CertificateAuthority('a CA of the test')
const { certificate, key } = authority.issue({ commonName: 'any', dnsNames: ['any'] })

/** What loading says when exactly the mounted files are there. */
function issuesOf(text: string, service: string, pod: any): readonly unknown[] {
  const sources = pod.volumes.flatMap((volume: any) => volume.projected?.sources ?? [])
  const mounted = new Set(
    sources.flatMap(({ secret }: any) => secret.items.map(({ path }: any) => `/run/postern/${path}`)),
  )
  const readFile = (path: string): string => {
    if (!mounted.has(path)) throw Object.assign(new Error('not mounted'), { code: 'ENOENT' })
    if (path.endsWith('redis-url')) return 'rediss://user:password@redis:6379/0'
    if (path.endsWith('.crt')) return certificate
    if (path.endsWith('.key')) return key
    return 'N6JQ1nxTzJcvhHxdyvzGvDmmWRR7Zb9yEoQ2ZD5m1Xo='
  }
  const result = loadConfig({ file: { path: 'config.yaml', text }, env: {}, readFile, services: [service as 'proxy'] })
  if (result.kind === 'invalid') return result.issues
  assert.ok(result.config[service as 'proxy'])
  return []
}

function callersOf(policy: any): string[] {
  return policy.ingress
    .flatMap(({ from, ports }: any) =>
      from.flatMap((peer: any) =>
        ports.map(({ port }: any) => `${peer.podSelector?.matchLabels['app.kubernetes.io/name'] ?? 'anybody'} ${port}`),
      ),
    )
    .sort()
}
