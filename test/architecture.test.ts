/** The rules of the house (docs/ARCHITECTURE.md), held against every source file. A rule that matches nothing is broken too. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import {
  allWorkspacePackages,
  isTestCode,
  packageHomes,
  policyEngine,
  testPackages,
  workspaceImports,
} from './import-rules.ts'
import { findTests } from '../scripts/test-files.ts'
import { functionsOf, importsOf, packageOf, readSources, visit, type SourceFile } from './sources.ts'

const maxFileLines = 350
const maxFunctionLines = 80

const sources = readSources()
const production = sources.filter(({ path }) => !isTestCode(path))
const workspaces = Object.keys(workspaceImports)

function workspaceOf(path: string): string | undefined {
  return workspaces.find((workspace) => path.startsWith(`${workspace}/`))
}

/** Holds a rule against files, and demands that there are some. */
function holds(rule: string, files: readonly SourceFile[], offences: (file: SourceFile) => readonly string[]): void {
  it(rule, () => {
    assert.notEqual(files.length, 0, 'this rule matches no file: it guards nothing')
    assert.deepEqual(
      files.flatMap((file) => offences(file).map((offence) => `${file.path}: ${offence}`)),
      [],
    )
  })
}

describe('workspaces', () => {
  for (const workspace of workspaces) {
    const files = production.filter(({ path }) => workspaceOf(path) === workspace)
    const allowed = workspaceImports[workspace] ?? []
    holds(`${workspace} imports only ${['itself', ...allowed].join(', ')} of ours`, files, (file) =>
      importsOf(file).filter((specifier) => {
        if (specifier.startsWith('.')) return workspaceOf(posix.join(posix.dirname(file.path), specifier)) !== workspace
        const name = packageOf(specifier)
        return name !== undefined && allWorkspacePackages.includes(name) && !allowed.includes(name)
      }),
    )
  }

  it('declare in their package.json exactly what they import', () => {
    const differences = workspaces.flatMap((workspace) => {
      const files = sources.filter(({ path }) => workspaceOf(path) === workspace)
      return compareDependencies(workspace, files)
    })
    assert.deepEqual(differences, [])
  })
})

function compareDependencies(workspace: string, files: readonly SourceFile[]): readonly string[] {
  const manifest = JSON.parse(readFileSync(`${workspace}/package.json`, 'utf8'))
  const root = JSON.parse(readFileSync('package.json', 'utf8'))
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const packagesIn = (some: readonly SourceFile[]): Set<string> =>
    new Set(
      some
        .flatMap(importsOf)
        .map(packageOf)
        .filter((name) => name !== undefined),
    )
  const imported = packagesIn(files.filter(({ path }) => !isTestCode(path)))
  const known = new Set([...declared, ...Object.keys(root.devDependencies), ...allWorkspacePackages])
  const inTests = packagesIn(files.filter(({ path }) => isTestCode(path)))
  // A service names the driver that shared loads for it, so that it lands in that service's image and in no other.
  const driven = declared.filter((name) => packageHomes[name]?.every((home) => !home.startsWith(workspace)))
  return [
    ...[...imported].filter((name) => !declared.includes(name)).map((name) => `${workspace} does not declare ${name}`),
    ...declared
      .filter((name) => !imported.has(name) && !driven.includes(name))
      .map((name) => `${workspace} declares ${name} and does not import it`),
    ...[...inTests]
      .filter((name) => !known.has(name))
      .map((name) => `a test in ${workspace} imports ${name}, undeclared`),
  ]
}

describe('third-party packages', () => {
  for (const [name, homes] of Object.entries(packageHomes)) {
    it(`${name} is imported in ${homes.join(' and ')} only`, () => {
      const importers = production.filter((file) => importsOf(file).some((specifier) => packageOf(specifier) === name))
      assert.notEqual(importers.length, 0, 'nobody imports it: remove it')
      const strangers = importers.map(({ path }) => path).filter((path) => !homes.some((home) => path.startsWith(home)))
      assert.deepEqual(strangers, [])
    })
  }

  holds('are all in the table, or for tests only', production, (file) =>
    importsOf(file).filter((specifier) => {
      const name = packageOf(specifier)
      if (name === undefined || allWorkspacePackages.includes(name)) return false
      return packageHomes[name] === undefined
    }),
  )

  holds(
    'for tests stay in tests',
    sources.filter((file) => importsOf(file).some((specifier) => testPackages.includes(packageOf(specifier) ?? ''))),
    (file) => (isTestCode(file.path) ? [] : ['imports a package that only tests may use']),
  )
})

describe('the policy engine', () => {
  const engine = production.filter(({ path }) => path.startsWith(policyEngine.folder))
  const usesBuiltin = new Map<string, number>()

  holds('imports only itself and the vocabulary', engine, (file) =>
    importsOf(file).filter((specifier) => {
      if (specifier.startsWith('node:')) usesBuiltin.set(specifier, (usesBuiltin.get(specifier) ?? 0) + 1)
      if (Object.hasOwn(policyEngine.builtins, specifier)) return false
      if (!specifier.startsWith('.')) return !specifier.startsWith(policyEngine.mayImport)
      return !posix.join(posix.dirname(file.path), specifier).startsWith(policyEngine.folder)
    }),
  )

  it('uses a module of Node in as many files as it says', () => {
    assert.deepEqual(Object.fromEntries(usesBuiltin), policyEngine.builtins)
  })

  holds('has no clock and no chance of its own', engine, (file) =>
    textsOf(file, /^(?:Date\.now\(\)|new Date\(\)|Math\.random\(\)|performance\.now\(\))$/),
  )
})

describe('the outside world', () => {
  // Entry points, tools, the one file that gives the process to them as a parameter, and the one that writes out at exit.
  const entryPoints =
    /^(?:services\/[^/]+|cli|dev)\/src\/(?:.+\/)?main\.ts$|^(?:scripts|bench)\/|^shared\/src\/(?:lifecycle\/process-host|log\/standard-output)\.ts$/
  const inner = production.filter(({ path }) => !entryPoints.test(path))

  it('is read somewhere', () => {
    assert.ok(production.some(({ path }) => path.endsWith('/src/main.ts')))
  })

  holds('(arguments, environment, signals) is read by main.ts alone', inner, (file) => [
    ...textsOf(file, /^process\.(?:argv|env|exit|exitCode|on|once|cwd|chdir)$/),
    ...namesImportedFrom(file, 'node:process').filter((name) =>
      /^(?:argv|env|exit|exitCode|on|once|cwd|default)$/.test(name),
    ),
  ])
})

describe('`node:http`', () => {
  const shipped = production.filter(({ path }) => /^(?:shared|services|cli)\//.test(path))
  holds('is loaded in one file, at a tenth of the memory that importing it costs', shipped, (file) =>
    namesImportedFrom(file, 'node:http'),
  )
})

describe('every file', () => {
  holds(`has at most ${maxFileLines} lines`, production, ({ lines }) =>
    lines > maxFileLines ? [`${lines} lines`] : [],
  )

  holds(`has functions of at most ${maxFunctionLines} lines`, production, (file) =>
    functionsOf(file)
      .filter(({ lines }) => lines > maxFunctionLines)
      .map(({ name, lines }) => `${name}: ${lines} lines`),
  )

  const defaultExports = new Set(['scripts/test-reporter.ts']) // node:test loads reporters by their default export
  holds('has named exports, and re-exports nothing wholesale', production, (file) => {
    const found: string[] = []
    visit(file.tree, (node) => {
      const isDefault =
        ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
      if ((isDefault === true || ts.isExportAssignment(node)) && !defaultExports.has(file.path))
        found.push('default export')
      if (ts.isExportDeclaration(node) && !node.exportClause) found.push('barrel')
    })
    return found
  })

  holds('has a name that says what is in it', sources, ({ path }) =>
    /(?:^|[/-])(?:utils?|helpers?|misc|common|manager|impl)\.(?:test\.)?ts$|\/index\.ts$/.test(path)
      ? ['says nothing']
      : [],
  )

  holds('is finished', sources, ({ path, tree }) =>
    path === 'test/architecture.test.ts'
      ? []
      : (tree.text.match(/\b(?:TODO|FIXME|XXX)\b|@ts-(?:ignore|nocheck)/g) ?? []),
  )
})

describe('every test', () => {
  it('is run by `npm test`, except those that need containers', () => {
    const run = (['unit', 'kubernetes', 'integration', 'attack', 'browser'] as const).flatMap(findTests)
    const all = sources.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'))
    assert.deepEqual(run.toSorted(), all.filter((path) => !path.startsWith('test/containers/')).toSorted())
  })
})

describe('the contract', () => {
  holds(
    'is spoken by shared/ alone: nobody else imports generated types',
    sources.filter(({ path }) => !path.startsWith('shared/')),
    (file) => importsOf(file).filter((specifier) => /(?:^|\/)gen\//.test(specifier)),
  )
})

/** Expressions of a file whose text matches; comments and strings do not count. */
function textsOf({ tree }: SourceFile, pattern: RegExp): readonly string[] {
  const found: string[] = []
  visit(tree, (node) => {
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node) && !ts.isPropertyAccessExpression(node)) return
    const text = node.getText()
    if (pattern.test(text)) found.push(text)
  })
  return found
}

function namesImportedFrom({ tree }: SourceFile, specifier: string): readonly string[] {
  return tree.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
    if (!ts.isStringLiteral(statement.moduleSpecifier) || statement.moduleSpecifier.text !== specifier) return []
    if (statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
    const bindings = statement.importClause?.namedBindings
    const named =
      bindings && ts.isNamedImports(bindings)
        ? bindings.elements
            .filter(({ isTypeOnly }) => !isTypeOnly)
            .map(({ propertyName, name }) => (propertyName ?? name).text)
        : []
    return statement.importClause?.name || (bindings && ts.isNamespaceImport(bindings)) ? [...named, 'default'] : named
  })
}
