import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import { baseConfig, errorsOf } from '@postern/shared/config/config-fixture.ts'
import { refusedOperands, refusedPolicies } from './refused-policies.ts'

const before = `${baseConfig}routes:
  - from: https://app.example.com
    to: https://app-abc.a.run.app
    policy:
`
const linesBefore = before.split('\n').length - 1
const indent = 6

/** The errors of a file in which this is the policy of its one route, as `postern validate` prints them. */
function errors(policy: string): string[] {
  const text = policy.replaceAll(/^/gm, ' '.repeat(indent))
  return errorsOf(`${before}${text}\n`, { checkPolicy })
}

/** An issue as it is printed when the policy stands in a file: its place moves along. */
function inFile(issue: string): string {
  const [, line, column, path = '', message] = /^(\d+):(\d+) (\S*): (.*)$/s.exec(issue) ?? []
  const place = `${String(Number(line) + linesBefore)}:${String(Number(column) + indent)}`
  return `config.yaml:${place} routes.0.policy${path === '' ? '' : `.${path}`}: ${String(message)}`
}

describe('a mistake in a policy is told with file, line and column', () => {
  for (const [title, text, ...expected] of refusedPolicies) {
    it(title, () => {
      const found = errors(text)
      // About the policy as a whole, its key is the place.
      const whole = `config.yaml:${String(linesBefore)}:5 `
      const placed = expected.map((issue) =>
        /^\S+ : /.test(issue) ? inFile(issue).replace(/^\S+ /, whole) : inFile(issue),
      )
      if (text === 'null') return assert.equal(found.length, 1)
      assert.deepEqual(found, placed)
    })
  }

  for (const [criterion, expected] of refusedOperands) {
    it(criterion, () => {
      const found = errors(`allow:\n  or:\n    - ${criterion}`)
      assert.equal(found.length, 1)
      const [, column = '', rest] =
        /^config\.yaml:\d+:(\d+) routes\.0\.policy\.allow\.or\.0\.(.*)$/s.exec(found[0] ?? '') ?? []
      assert.equal(rest, expected)
      assert.match(found[0] ?? '', new RegExp(`^config\\.yaml:${String(linesBefore + 3)}:`))
      // The word at that column is the one that the path ends with: a key, or a member of a list.
      const line = `${' '.repeat(indent)}    - ${criterion}`
      const [path = ''] = expected.split(': ')
      const last = /^(.*?)\.?([^.]*)$/.exec(path)?.[2] ?? ''
      const at = line.slice(Number(column) - 1)
      assert.ok(/^\d+$/.test(last) ? !/^[\s,[{]/.test(at) : at.startsWith(last), `${found[0] ?? ''}\n${at}`)
    })
  }
})
