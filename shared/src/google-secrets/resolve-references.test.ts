import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeIssue } from '../config/config-issue.ts'
import { unresolvedIn } from './open-environment.ts'
import { hasReferences, resolveReferences } from './resolve-references.ts'
import type { AccessSecret } from './secret-access.ts'

const contents: Readonly<Record<string, string>> = {
  'my-project/plain/latest': 'hush\n',
  'my-project/plain/7': 'older',
  '123456789012/document/latest': 'idp:\n  secret: deep\n  port: 17\nlist: [zero, one]\n',
  'my-project/pomerium-config/latest': 'address: :8080\n',
}

const access: AccessSecret = ({ project, secret, version }) => {
  const text = contents[`${project}/${secret}/${version}`]
  return Promise.resolve(
    text === undefined ? { kind: 'failed', why: 'Secret Manager answered 404' } : { kind: 'ok', text },
  )
}

describe('a secret reference', () => {
  const cases = [
    ['ref+gcpsecrets://my-project/plain', 'hush'],
    ['ref+gcpsecrets://my-project/plain?version=7', 'older'],
    ['ref+gcpsecrets://123456789012/document#/idp/secret', 'deep'],
    ['ref+gcpsecrets://123456789012/document#/idp/port', '17'],
    ['ref+gcpsecrets://123456789012/document#/list/1', 'one'],
    ['ref+gcpsecrets://123456789012/document#/idp', '{"secret":"deep","port":17}'],
  ] as const
  for (const [reference, value] of cases) {
    it(`${reference} becomes what it leads to`, async () => {
      const { env, issues } = await resolveReferences({ IDP_CLIENT_SECRET: reference, OTHER: 'x' }, access)
      assert.deepEqual([env, issues], [{ IDP_CLIENT_SECRET: value, OTHER: 'x' }, []])
    })
  }

  const failures = [
    ['ref+gcpsecrets://my-project/none', 'Secret Manager answered 404'],
    ['ref+gcpsecrets://123456789012/document#/idp/none', 'the secret is not YAML or JSON that has this key'],
    ['ref+gcpsecrets://my-project/plain#/key', 'the secret is not YAML or JSON that has this key'],
    [
      'ref+gcpsecrets://my-project',
      'expected ref+gcpsecrets://PROJECT/SECRET, then ?version=NUMBER and #/key where needed',
    ],
    [
      'ref+gcpsecrets://my-project/plain?vers=7',
      'expected ref+gcpsecrets://PROJECT/SECRET, then ?version=NUMBER and #/key where needed',
    ],
    ['ref+gcpsecrets://../x', 'expected ref+gcpsecrets://PROJECT/SECRET, then ?version=NUMBER and #/key where needed'],
    ['ref+vault://a/b', 'only references to Google’s Secret Manager are read: ref+gcpsecrets://PROJECT/SECRET'],
  ] as const
  for (const [reference, why] of failures) {
    it(`${reference} is named with what is wrong`, async () => {
      const { env, issues } = await resolveReferences({ SIGNING_KEY: reference }, access)
      assert.deepEqual(issues.map(describeIssue), [`$SIGNING_KEY ${reference}: ${why}`])
      assert.equal(env['SIGNING_KEY'], undefined)
    })
  }

  it('is asked for once, however often it stands there', async () => {
    let asked = 0
    const counting: AccessSecret = (reference) => {
      asked += 1
      return access(reference)
    }
    const one = 'ref+gcpsecrets://123456789012/document'
    await resolveReferences({ A: `${one}#/idp/secret`, B: `${one}#/list/0`, VALS_FILES: `/a:${one}` }, counting)
    assert.equal(asked, 1)
  })
})

describe('VALS_FILES', () => {
  const config = 'ref+gcpsecrets://my-project/pomerium-config'

  it('names a file and its reference in either order, several with commas', async () => {
    for (const item of [`/pomerium/config.yaml:${config}`, `${config}:/pomerium/config.yaml`]) {
      const { files, issues } = await resolveReferences({ VALS_FILES: `${item}, ${config}?version=latest:/b` }, access)
      assert.deepEqual(issues, [])
      assert.deepEqual(
        [...files],
        [
          ['/pomerium/config.yaml', 'address: :8080\n'],
          ['/b', 'address: :8080\n'],
        ],
      )
    }
  })

  it('that is neither is a mistake', async () => {
    for (const item of ['/pomerium/config.yaml', config]) {
      const { issues } = await resolveReferences({ VALS_FILES: item }, access)
      assert.match(issues.map(describeIssue).join(), /^\$VALS_FILES .*: expected \/path:ref\+gcpsecrets:/)
    }
  })
})

describe('whoever has no references', () => {
  it('asks nobody', () => {
    assert.equal(hasReferences({ A: 'b', VALS_FILES: '' }), false)
    assert.equal(hasReferences({ A: 'ref+gcpsecrets://p/s' }), true)
    assert.deepEqual(
      unresolvedIn({ A: 'b', B: 'ref+gcpsecrets://p/s', VALS_FILES: '/a:ref' }, 'why').map(describeIssue),
      ['$B why', '$VALS_FILES why'],
    )
  })
})
