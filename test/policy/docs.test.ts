import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { reasons } from '@postern/shared/vocabulary/decision.ts'
import { criterionKinds, notSupported } from '@postern/authorize/policy/criteria/registry.ts'
import { stringOperators } from '@postern/authorize/policy/matchers/string-matcher.ts'
import { parsePolicy } from '@postern/authorize/policy/parse-policy.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/policy.md'), 'utf8')

describe('docs/policy.md', () => {
  it('has a row for every criterion, and no others', () => {
    const rows = [...text.matchAll(/^\| `([a-z_]+)(?:\/NAME)?` \| .* \| .* \| .* \|$/gm)].map(([, name]) => name)
    assert.deepEqual(rows.sort(), [...criterionKinds.keys()].sort())
  })

  it('names every reason, operator, and word that is not supported', () => {
    const ssh = [...notSupported.keys()].filter((name) => name.startsWith('ssh_'))
    const words = [...reasons, ...stringOperators, 'has', 'exclude', ...notSupported.keys()]
    const ours = new Set([...ssh, 'route-not-found', 'unrecognised-decision'])
    assert.deepEqual(
      words.filter((word) => !ours.has(word) && !new RegExp(`\`${word}[\`:]`).test(text)),
      [],
    )
  })

  it('has an example that loads', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? []
    const { routes } = parse(example)
    assert.equal(parsePolicy(routes[0].policy).kind, 'ok')
  })
})
