// Runs before `npm start` and `npm test`, on any Node from 20 on, before anything is installed: plain JavaScript, no
// dependency. Brings the npm packages (Node 24 among them) when they are missing or the lockfile changed; with --test
// also the programs the tests drive. Silent when there is nothing to do.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const say = (text) => process.stderr.write(`postern: ${text}\n`)

/** What the tests drive, and where Debian has it. The browser is looked for where Debian, Ubuntu and Google put it. */
const testPrograms = [
  { commands: ['redis-server'], debianPackage: 'redis-server', neededFor: 'integration tests' },
  {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    neededFor: 'browser tests',
  },
  { commands: ['kubectl'], debianPackage: 'kubernetes-client', neededFor: 'tests of the Kubernetes manifests' },
]

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node ${process.versions.node} is too old to begin with: 20 or later is needed. Node 24 itself comes along.`)
}
if (!packagesAreCurrent()) installPackages()
checkNode()
if (process.argv.includes('--test')) installTestPrograms()

/** npm writes down what it installed when it is done; that must be what the lockfile asks for. */
function packagesAreCurrent() {
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.includes('node_modules/') || (optional && installed[path] === undefined)) return true
    const there = installed[path]
    return there !== undefined && (link ? there.link === true : there.version === version)
  })
}

function installPackages() {
  const started = Date.now()
  say('installing npm packages (the first time, or after a change; about half a minute) …')
  const npm = process.env.npm_execpath
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  // Install scripts of packages stay off: nothing here needs one.
  const options = [
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const result = spawnSync(command, [...first, 'ci', ...options], { cwd: root, encoding: 'utf8' })
  if (result.status !== 0) {
    fail(
      `npm ci failed${result.error ? ` (${result.error.message})` : ''}:\n${result.stdout ?? ''}${result.stderr ?? ''}`,
    )
  }
  say(`npm packages installed in ${((Date.now() - started) / 1000).toFixed(0)} s`)
}

/** On Linux the packages bring Node 24; elsewhere the machine's own must do. */
function checkNode() {
  if (existsSync(join(root, 'node_modules', '.bin', 'node'))) return
  if (Number(process.versions.node.split('.')[0]) >= 24) return
  fail(
    `there is no Node 24 package for ${process.platform}-${process.arch}: install Node 24 or later (this is ${process.version}).`,
  )
}

function installTestPrograms() {
  const missing = testPrograms.filter(({ commands }) => !commands.some(isInstalled))
  if (missing.length === 0) return
  const packages = missing.map(({ debianPackage }) => debianPackage)
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const become = isInstalled('apt-get') ? rootPrefix() : undefined
  if (become !== undefined) {
    say(`installing ${packages.join(', ')} from the distribution's packages (a minute or two) …`)
    if (
      run(become, `apt-get update -q && ${install} -q`) &&
      missing.every(({ commands }) => commands.some(isInstalled))
    )
      return
  }
  for (const { commands, neededFor } of missing) say(`${commands[0]} is missing: ${neededFor} need it.`)
  say(`On Debian and Ubuntu run:  sudo ${install}`)
  if (process.env.CI) process.exit(1) // in CI nothing is skipped
}

/** How to become root without asking anybody: already, by a sudo that wants no password, or not at all. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return isInstalled('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

function run(become, script) {
  const [command, ...args] = [...become, 'env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', script]
  const result = spawnSync(command, args, { encoding: 'utf8' })
  if (result.status !== 0) say(`that did not work:\n${result.stdout ?? ''}${result.stderr ?? ''}`)
  return result.status === 0
}

function isInstalled(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function fail(message) {
  say(message)
  process.exit(1)
}
