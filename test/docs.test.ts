/** What the documentation says, held against the program and the repository. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import { configurationSchema } from '@postern/shared/config/reference/json-schema.ts'
import {
  furtherAccessFields,
  furtherDecisionFields,
  usualAccessFields,
  usualDecisionFields,
} from '@postern/shared/config/log-fields.ts'
import { catalogue } from '@postern/shared/errors/catalogue.ts'

const pages = globSync(['*.md', 'docs/**/*.md', '{cloudrun,k8s,dev,bench,proto}/**/*.md'], {
  exclude: ['**/node_modules/**'],
})

describe('docs/errors.md', () => {
  const rows = [
    ...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| (yes|no) \| (.+) \| (.+) \|$/gm),
  ]
  const documented = Object.fromEntries(rows.map(([, code = '', status, again]) => [code, `${status} ${again}`]))

  it('has exactly the codes of the catalogue, with their status and whether to try again', () => {
    const known = Object.entries(catalogue).map(([code, { http, retryable }]) => [
      code,
      `${http} ${retryable ? 'yes' : 'no'}`,
    ])
    assert.deepEqual(documented, Object.fromEntries(known))
  })

  it('has each code once', () => {
    assert.equal(rows.length, Object.keys(documented).length)
  })
})

describe('docs/operations/logs.md', () => {
  const [, access = '', decision = ''] = readFileSync('docs/operations/logs.md', 'utf8').split(/^## One record.*$/m)

  it('has exactly the fields of the records, and says which are the usual ones', () => {
    assert.deepEqual(fieldsOf(access), {
      usual: [...usualAccessFields].toSorted(),
      further: [...furtherAccessFields, 'headers.NAME'].toSorted(),
    })
    assert.deepEqual(fieldsOf(decision), {
      usual: [...usualDecisionFields].toSorted(),
      further: [...furtherDecisionFields, 'headers.NAME'].toSorted(),
    })
  })

  function fieldsOf(section: string) {
    const rows = [...section.matchAll(/^\| (`.+?`) \| .+ \| (yes )?\|$/gm)]
    const named = (isUsual: boolean) =>
      rows
        .filter(([, , yes]) => (yes !== undefined) === isUsual)
        .flatMap(([, names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    return { usual: named(true).toSorted(), further: named(false).toSorted() }
  }
})

describe('links', () => {
  it('are in some page', () => assert.ok(pages.length > 3))

  for (const page of pages) {
    it(`of ${page} lead somewhere`, () => {
      const broken = linksOf(readFileSync(page, 'utf8')).filter((link) => !leadsSomewhere(page, link))
      assert.deepEqual(broken, [])
    })
  }
})

describe('configuration examples', () => {
  const examples = pages.flatMap((page) =>
    yamlBlocksOf(page).filter(({ text }) => /^authenticate_service_url:/m.test(text)),
  )

  it('are in some page', () => assert.notEqual(examples.length, 0))

  for (const { place, text } of examples) {
    it(`load without a mistake: ${place}`, () => {
      const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I='
      const result = loadConfig({ file: { path: place, text }, env: {}, readFile: () => secret })
      assert.deepEqual(result.kind === 'invalid' ? result.issues : [], [])
    })

    it(`please the JSON Schema: ${place}`, () => {
      const validate = new Ajv({ allErrors: true }).compile(configurationSchema())
      assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
    })
  }
})

function yamlBlocksOf(page: string): readonly { readonly place: string; readonly text: string }[] {
  const markdown = readFileSync(page, 'utf8')
  return [...markdown.matchAll(/^```yaml\n([^]*?)^```/gm)].map(({ index, 1: text = '' }) => {
    const line = markdown.slice(0, index).split('\n').length + 1
    return { place: `${page}:${line}`, text }
  })
}

/** Addresses of `[text](address)` outside of code, without those that leave the repository. */
function linksOf(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, address = '']) => address)
  return links.filter((address) => !/^(?:https?|mailto):/.test(address))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page : posix.join(posix.dirname(page), file)
  if (!existsSync(target)) return false
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor)
}

/** Headings as GitHub makes anchors of them. */
function anchorsOf(markdown: string): readonly string[] {
  const headings = [...markdown.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)]
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
