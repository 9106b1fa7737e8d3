import { globSync } from 'node:fs'

export type TestKind = 'unit' | 'kubernetes' | 'integration' | 'attack' | 'browser'

/** Where the tests of each kind are. What none of them takes is run by nobody, and `test/architecture.test.ts` says so. */
const places: Readonly<Record<TestKind, readonly string[]>> = {
  unit: ['{shared,services,cli,dev,scripts,bench}/**/*.test.ts', 'test/*.test.ts', 'test/policy/**/*.test.ts'],
  kubernetes: ['test/k8s/**/*.test.ts'],
  integration: ['test/{integration,fault}/**/*.test.ts', 'shared/src/session/redis/**/*.test.ts'],
  attack: ['test/{attack,conformance}/**/*.test.ts'],
  browser: ['test/browser/**/*.test.ts'],
}

/** Needs more than the sources, although it stands beside the code. */
const notUnit = ['**/node_modules/**', 'shared/src/session/redis/**']

export function findTests(kind: TestKind): readonly string[] {
  return globSync([...places[kind]], { exclude: kind === 'unit' ? notUnit : ['**/node_modules/**'] }).toSorted()
}
