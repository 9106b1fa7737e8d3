import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { parsePolicy, type ParseOptions } from '@postern/authorize/policy/parse-policy.ts'
import type { Path } from '@postern/authorize/policy/policy.ts'
import { criterionKinds, notSupported } from '@postern/authorize/policy/criteria/registry.ts'
import { refusedOperands, refusedPolicies } from './refused-policies.ts'

/** Every issue as `line:column path: message`, the place being that of the key or list member meant. */
function issues(text: string, options?: ParseOptions): string[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  assert.deepEqual(document.errors, [])
  const result = parsePolicy(document.toJS(), options)
  if (result.kind === 'ok') return []
  return result.issues.map(({ path, message }) => {
    const { line, col } = lines.linePos(offsetOf(document, path))
    return `${line}:${col} ${path.join('.')}: ${message}`
  })
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? node.range?.[0] : undefined
  for (const step of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined
    const item = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.key
    assert.ok(isNode(item), `nothing at ${path.join('.')}`)
    offset = item.range?.[0]
    node = pair === undefined ? item : pair.value
  }
  return offset ?? 0
}

describe('a policy is refused, with the place and what was expected, for', () => {
  for (const [title, text, ...expected] of refusedPolicies) {
    it(title, () => assert.deepEqual(issues(text), expected))
  }

  for (const [criterion, expected] of refusedOperands) {
    it(criterion, () => {
      const [found, ...others] = issues(`allow:\n  or:\n    - ${criterion}`)
      assert.deepEqual(others, [])
      assert.match(found ?? 'nothing', /^3:\d+ allow\.or\.0\./)
      assert.equal(found?.replace(/^\S+ allow\.or\.0\./, ''), expected)
    })
  }

  it('a criterion of Pomerium that Postern does not have, by name', () => {
    for (const [name, why] of notSupported) {
      assert.deepEqual(issues(`deny: { or: [{ ${name}: x }] }`), [
        `1:16 deny.or.0.${name}: the criterion "${name}" is not supported: ${why}`,
      ])
    }
  })

  it('several things at once, all of which are told', () => {
    const text = [
      '- allow:',
      '    or:',
      '      - emial: a@example.com',
      '      - domain: "@example.com"',
      '    nand: []',
      '- denny: {}',
      '- deny: { and: [] }',
    ].join('\n')
    assert.deepEqual(
      issues(text).map((issue) => issue.split(' ')[0]),
      ['3:9', '4:9', '5:5', '6:3', '7:11'],
    )
  })

  it('two wrong operands in one criterion, both of which are told', () => {
    assert.deepEqual(
      issues('allow: { or: [{ email: { is: 1, in: [2, a@b.c, 3] } }] }').map((issue) => issue.split(' ')[1]),
      ['allow.or.0.email.is:', 'allow.or.0.email.in.0:', 'allow.or.0.email.in.2:'],
    )
  })
})

describe('a policy is accepted', () => {
  const accepted: readonly (readonly [title: string, text: string])[] = [
    ['as one rule', 'allow: { and: [{ domain: { is: example.com } }] }'],
    ['as a list of rules', '- allow: { and: [{ domain: example.com }] }\n- deny: { or: [{ email: bob@example.com }] }'],
    ['with both actions in one rule', 'allow: { and: [{ accept: }] }\ndeny: { nor: [{ http_method: GET }] }'],
    ['with a stray action that says nothing new', 'allow: { action: allow, or: [{ accept: true }] }'],
    ['with no rules, which lets nobody in', '[]'],
    ['in JSON', '[{"allow":{"or":[{"claim/level":{"is":7}}]}}]'],
  ]
  for (const [title, text] of accepted) it(title, () => assert.deepEqual(issues(text), []))

  it('with only deny rules where somebody is allowed by other means', () => {
    assert.deepEqual(issues('deny: { or: [{ email: bob@example.com }] }', { allowedElsewhere: true }), [])
  })

  it('and an issue starts where the caller says', () => {
    const result = parsePolicy({ allow: 1 }, { at: ['routes', 3, 'policy'] })
    assert.deepEqual(result.kind === 'invalid' && result.issues.map(({ path }) => path.join('.')), [
      'routes.3.policy.allow',
    ])
  })

  it('and no criterion is both there and not supported', () => {
    assert.deepEqual(
      [...notSupported.keys()].filter((name) => criterionKinds.has(name)),
      [],
    )
  })
})
