import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { globalKeys } from '../keys/global-keys.ts'
import { routeKeys } from '../keys/route-keys.ts'
import { configurationReference } from './reference-page.ts'

describe('the configuration reference', () => {
  it('names every key', () => {
    const page = configurationReference()
    for (const key of [...Object.keys(globalKeys), ...Object.keys(routeKeys)])
      assert.ok(page.includes(`\`${key}\``), key)
  })

  it('is the committed page: npm run gen after changing a key', () => {
    const committed = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
    assert.equal(committed, configurationReference())
  })
})
