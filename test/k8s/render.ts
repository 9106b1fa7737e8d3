import { execFileSync } from 'node:child_process'
import { devNull } from 'node:os'
import { parseAllDocuments } from 'yaml'

/** A rendered object, as far as the tests look into it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: any
  readonly data?: Readonly<Record<string, string>>
  readonly automountServiceAccountToken?: boolean
}

/** What `kubectl apply -k` would send. No cluster is needed. */
export function render(folder: string): readonly KubernetesObject[] {
  // Whatever cluster the machine has is none of our business.
  const env = { ...process.env, KUBECONFIG: devNull }
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', timeout: 30_000, env })
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject)
}

export function ofKind(objects: readonly KubernetesObject[], kind: string): readonly KubernetesObject[] {
  return objects.filter((object) => object.kind === kind)
}

/** Whether a label selector takes these labels. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}
