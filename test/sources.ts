import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'

/** One of our source files, parsed. Paths are relative to the repository and use slashes. */
export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly tree: ts.SourceFile
}

/** Every TypeScript file of ours, generated code excepted. */
export function readSources(): readonly SourceFile[] {
  const paths = globSync('{shared,services,cli,dev,test,scripts,bench}/**/*.ts', {
    exclude: ['**/node_modules/**', 'shared/src/gen/**'],
  })
  return paths.toSorted().map((path) => {
    const text = readFileSync(path, 'utf8')
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    return { path, lines: text.split('\n').length - 1, tree }
  })
}

/** Every module that a file imports or re-exports, `import()` and `import type` included. */
export function importsOf({ tree }: SourceFile): readonly string[] {
  const found: string[] = []
  visit(tree, (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      if (ts.isStringLiteral(node.moduleSpecifier)) found.push(node.moduleSpecifier.text)
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      found.push(specifier && ts.isStringLiteral(specifier) ? specifier.text : '<computed>')
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push(node.argument.literal.text)
    }
  })
  return found
}

/** `name` or `@scope/name` of a package, `undefined` for a file of ours or a module of Node. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Functions of every kind with their length in lines, from the first line to the last. */
export function functionsOf({ tree }: SourceFile): readonly { readonly name: string; readonly lines: number }[] {
  const found: { name: string; lines: number }[] = []
  visit(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return
    const first = tree.getLineAndCharacterOfPosition(node.getStart()).line
    const last = tree.getLineAndCharacterOfPosition(node.getEnd()).line
    found.push({ name: `${node.name?.getText() ?? 'anonymous'} (line ${first + 1})`, lines: last - first + 1 })
  })
  return found
}

export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}
