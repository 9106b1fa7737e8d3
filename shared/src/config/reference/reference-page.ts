import { bearerKeys } from '../keys/bearer-keys.ts'
import { clientCertificateKeys } from '../keys/client-certificate-keys.ts'
import { headerKeys } from '../keys/header-keys.ts'
import { isGroup } from '../keys/key.ts'
import type { Key, KeyFacts, KeyTable } from '../keys/key.ts'
import { leftOutGlobalKeys, leftOutRouteKeys } from '../keys/left-out.ts'
import type { LeftOutKeys } from '../keys/left-out.ts'
import { logKeys } from '../keys/log-keys.ts'
import { routeKeys } from '../keys/route-keys.ts'
import { serviceKeys } from '../keys/service-keys.ts'
import { sessionKeys } from '../keys/session-keys.ts'

const intro = `# Configuration

Generated from the definitions in \`shared/src/config/keys/\` by \`npm run gen\`; do not edit.

One YAML or JSON file, which Pomerium Core would read too, and environment variables, which win over it.

- The variable of a key is its name in upper case: \`idp_client_id\` is \`IDP_CLIENT_ID\`. The keys of a group join with
  \`_\`: \`grpc_tls.ca_file\` is \`GRPC_TLS_CA_FILE\`. An empty variable counts as not set, except for secrets, where it is
  a mistake.
- Lists are separated by commas, maps are JSON or \`Name:value,Name:value\`, durations are written as in Go (\`30s\`,
  \`1h30m\`), words may be in any case.
- \`POLICY\` and \`ROUTES\` hold the base64 of a YAML list of routes, its lines wrapped or not. Each replaces the list of its
  name in the file. The routes of \`policy\` come before those of \`routes\`.
- A secret may be in a file of its own: \`shared_secret_file\` names one that holds \`shared_secret\`.
- Precedence: an environment variable, whichever form of a key it gives (\`SHARED_SECRET\` or \`SHARED_SECRET_FILE\`), wins over
  both forms in the file; both forms in one place are a mistake. What \`VALS_FILES\` names wins over what the disk has. What is
  given nowhere has its default.
- Where \`PORT\` is set, Postern listens there with plain HTTP on all addresses. Where \`K_SERVICE\` is set (Cloud Run), one
  trusted hop is assumed.
- An unknown key is a mistake. So is a key that is given but empty. \`postern validate\` lists every mistake with its place.
- An editor checks and completes with the JSON Schema \`docs/postern.schema.json\`, made from the same definitions: write
  \`# yaml-language-server: $schema=PATH-OR-URL-OF-IT\` on the first line of the file.
- A variable that begins with \`ref+gcpsecrets://PROJECT/SECRET\` (then \`?version=NUMBER\` and \`#/key\`, where needed) is
  replaced by what Google's Secret Manager holds there. \`VALS_FILES\` does the same for files: a list of
  \`/path:ref+gcpsecrets://…\`, or the other way round; they are read as if they were there, and nothing is written to a
  disk. The service account of the process needs roles/secretmanager.secretAccessor on the secret.
- The file, and every file that it names, is read again when it changes, and on SIGHUP (then secret references are resolved
  again, too). All of the new configuration counts or, when anything in it is wrong, none of it: the mistakes are logged and
  the last good one stays. Requests go on meanwhile, however large it is. Listeners, addresses of the other services, Redis,
  secrets and keys are settled at the start; where they change, or the content of a file that was read then, a warning names
  the keys that wait for a restart. Certificates of the public listener are replaced without one.

Keys marked with ✦ are Postern's own; all others mean what they mean in Pomerium.
`

/** \`docs/configuration.md\`: every key, its type, its default, its meaning and which services read it. */
export function configurationReference(): string {
  return [
    intro,
    section('Services, listeners and timeouts', serviceKeys),
    section('Logs', logKeys),
    section('Secrets, sign-in and sessions', sessionKeys),
    section('Bearer tokens and groups', bearerKeys),
    section('Client certificates', clientCertificateKeys),
    section('Headers and Google credentials', headerKeys),
    section(
      'Routes',
      routeKeys,
      'Every entry of `routes` (or `policy`) has these keys. The first route that matches decides.',
    ),
    leftOutSection('What Postern leaves out', leftOutGlobalKeys),
    leftOutSection('What Postern leaves out of routes', leftOutRouteKeys),
  ].join('\n')
}

function section(title: string, table: KeyTable, lead?: string): string {
  const withReaders = table !== routeKeys
  const header = ['Key', 'Type', 'Default', ...(withReaders ? ['Read by'] : []), 'Meaning']
  const rows = entries(table).map(({ path, key }) => {
    const name = `\`${path.join('.')}\`${key.origin === 'postern' ? ' ✦' : ''}`
    const readers = withReaders ? [(key.readBy ?? ['all']).join(', ')] : []
    return [name, typeOf(key), defaultOf(key), ...readers, key.meaning]
  })
  return `## ${title}\n\n${lead === undefined ? '' : `${lead}\n\n`}${markdownTable(header, rows)}`
}

interface Entry {
  readonly path: readonly string[]
  readonly key: KeyFacts & Partial<Pick<Key<unknown>, 'type' | 'written'>>
}

function entries(table: KeyTable, prefix: readonly string[] = []): Entry[] {
  return Object.entries(table).flatMap(([name, key]): Entry[] => {
    const path = [...prefix, name]
    return isGroup(key) ? [{ path, key }, ...entries(key.keys, path)] : [{ path, key }]
  })
}

function typeOf({ type, secret }: Entry['key']): string {
  return `${type?.name ?? 'mapping'}${secret === true ? ', secret' : ''}`
}

function defaultOf({ written, otherwise }: Entry['key']): string {
  if (written !== undefined) return `\`${String(written)}\``
  return otherwise ?? ''
}

const leftOutLead = `Pomerium keys that Postern knows and does not have. A warning where leaving one out is harmless; an error where it would
open or close a door, or send requests elsewhere.`

function leftOutSection(title: string, keys: LeftOutKeys): string {
  const rows = Object.entries(keys).map(([name, { severity, reason, removed }]) => [
    `\`${name}\``,
    removed === true ? 'error (removed from Pomerium too)' : severity,
    reason,
  ])
  return `## ${title}\n\n${leftOutLead}\n\n${markdownTable(['Key', 'Is', 'Because'], rows)}`
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line), ''].join('\n')
}
