/** `k8s/components/metrics`, switched on in an installation. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { Deployment } from 'kubernetes-models/apps/v1'
import { ofKind, render, type KubernetesObject } from './render.ts'

function renderWithMetrics(): readonly KubernetesObject[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kustomize-'))
  const pathTo = (part: string): string => relative(folder, resolve('k8s', part))
  const kustomization = {
    resources: [pathTo('base')],
    components: [pathTo('components/metrics'), pathTo('components/network-policies')],
  }
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    return render(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('k8s/components/metrics', () => {
  const objects = renderWithMetrics()
  const deployments = ofKind(objects, 'Deployment')

  it('opens the port of each service, and says where it is', () => {
    assert.equal(deployments.length, 3)
    for (const deployment of deployments) {
      new Deployment(deployment).validate()
      const { metadata, spec } = deployment.spec.template
      const [container] = spec.containers
      assert.deepEqual(metadata.annotations, { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' })
      assert.deepEqual(container.env, [{ name: 'METRICS_ADDRESS', value: ':9090' }])
      const metrics = container.ports.filter((port: any) => port.name === 'metrics')
      assert.deepEqual(metrics, [{ name: 'metrics', containerPort: 9090 }])
      assert.ok(container.ports.length > 1, 'the ports that were there stay')
    }
  })

  it('leads no Service there, and lets only monitoring in', () => {
    for (const { spec } of ofKind(objects, 'Service')) {
      assert.ok(spec.ports.every((port: any) => port.targetPort !== 'metrics'))
    }
    const opening = ofKind(objects, 'NetworkPolicy').filter(({ spec }) =>
      (spec.ingress ?? []).some((rule: any) => rule.ports.some(({ port }: any) => port === 9090)),
    )
    assert.deepEqual(
      opening.map(({ metadata }) => metadata.name),
      ['postern-metrics'],
    )
    assert.deepEqual(opening[0]?.spec.ingress[0].from, [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ])
  })
})
