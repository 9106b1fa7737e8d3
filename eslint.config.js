// Typed linting for TypeScript, a short list for the few plain scripts, and the import rules of the house.
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { allWorkspacePackages, packageHomes, policyEngine, workspaceImports } from './test/import-rules.ts'

const sources = ['**/*.ts']
const tests = ['test/**/*.ts', '**/*.test.ts', '**/*-contract.ts']
const scripts = ['**/*.js', '**/*.mjs']

/** Everything that code in this place may not import. A later, narrower place replaces a wider one. */
function importsIn(place) {
  const workspace = Object.keys(workspaceImports).find((name) => place.startsWith(`${name}/`))
  const allowed = workspaceImports[workspace] ?? []
  const own = workspace === undefined ? [] : [`@postern/${workspace.split('/').at(-1)}`]
  const foreign = allWorkspacePackages.filter((name) => !allowed.includes(name) && !own.includes(name))
  const packages = Object.keys(packageHomes).filter(
    (name) => !packageHomes[name].some((home) => place.startsWith(home)),
  )
  return [
    'error',
    {
      patterns: [
        { group: foreign.flatMap((name) => [name, `${name}/*`]), message: 'Workspaces meet in proto/ and shared/.' },
        { regex: `^(${packages.join('|')})(/|$)`, message: 'This package has one home, elsewhere.' },
        { regex: '^(\\.\\./)+(services|shared|cli|dev)/', message: 'Import a workspace by its package name.' },
      ],
    },
  ]
}

const homes = [...new Set(Object.values(packageHomes).flat())]
const places = [...Object.keys(workspaceImports).map((name) => `${name}/`), ...homes].sort(
  (a, b) => a.length - b.length,
)

const importRules = places.map((place) => ({
  files: [place.endsWith('/') ? `${place}**/*.ts` : place],
  ignores: tests,
  rules: { 'no-restricted-imports': importsIn(place) },
}))

const policyEngineImports = {
  files: [`${policyEngine.folder}**/*.ts`],
  ignores: tests,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [{ regex: `^(?!\\.{1,2}/|${policyEngine.mayImport})`, message: 'The policy engine is pure.' }],
      },
    ],
  },
}

export default defineConfig(
  globalIgnores(['**/node_modules/', 'shared/src/gen/', '.cache/', '.postern/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: sources,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: a rename reaches every importer.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels.' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off', // refuses Promise.withResolvers<void>()
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'after-used', argsIgnorePattern: '^_', ignoreRestSiblings: true, ignoreUsingDeclarations: true },
      ],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after'] },
          ],
        },
      ],
    },
  },
  // Generated types promise closed enums and required fields; a newer peer may send others, so the codecs look twice.
  { files: ['shared/src/wire/**/*.ts'], rules: { '@typescript-eslint/no-unnecessary-condition': 'off' } },
  ...importRules,
  policyEngineImports,
  {
    files: tests,
    rules: {
      // Fakes keep an asynchronous signature; a parsed answer is looked at field by field and fails the test if it is wrong.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: scripts,
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
    rules: {
      eqeqeq: 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-unreachable': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
)
