import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Finding } from './finding.ts'
import { reportJson, reportText } from './report.ts'

const findings: readonly Finding[] = [
  { group: 'redis', status: 'problem', about: 'redis://r:6379', says: 'is a replica', advice: 'Name the primary.' },
  { group: 'config', status: 'ok', about: 'configuration', says: 'valid' },
  { group: 'redis', status: 'warning', about: 'redis://r:6379', says: 'answers within 40 ms', advice: 'Move it.' },
]

describe('what postern doctor prints', () => {
  it('goes group by group, with what to do below what is wrong, and sums up', () => {
    assert.deepEqual(reportText(findings, 1_234, { color: false }).split('\n'), [
      'Configuration',
      '  ok       configuration: valid',
      '',
      'Redis',
      '  problem  redis://r:6379: is a replica',
      '           → Name the primary.',
      '  warning  redis://r:6379: answers within 40 ms',
      '           → Move it.',
      '',
      'Something is wrong: 1 ok, 1 warning, 1 problem, in 1.2 s. Nothing was changed.',
    ])
  })

  it('says where to begin when several things are wrong', () => {
    const [broken] = findings
    assert.ok(broken)
    const text = reportText([broken, { ...broken, about: 'another' }], 10, { color: false })
    assert.match(text, /2 problems, in 0\.0 s\. Nothing was changed\. Begin with the first: redis:\/\/r:6379\.$/)
  })

  it('is coloured on a terminal, and otherwise the same', () => {
    const colored = reportText(findings, 10, { color: true })
    assert.ok(colored.includes('\u001b[31;1mproblem \u001b[0m'))

    assert.equal(colored.replace(/\u001b\[[\d;]*m/g, ''), reportText(findings, 10, { color: false }))
  })

  it('is JSON for programs, which fails where there is a problem and not where there are warnings', () => {
    assert.deepEqual(JSON.parse(reportJson(findings)), { ok: false, findings })
    assert.equal((JSON.parse(reportJson(findings.slice(1))) as { ok: boolean }).ok, true)
  })
})
