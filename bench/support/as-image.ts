import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startProgram, type ServiceProcess } from '../../test/support/service-process.ts'

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Starts a service with the entry point, the flags and the environment of its image. */
export function startAsImage(
  service: 'proxy' | 'authorize' | 'authenticate',
  configFile: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const { flags, environment } = readImage()
  const args = [...flags, here(`services/${service}/src/main.ts`), '--config', configFile, '--log-format', 'json']
  return startProgram(args, { ...environment, ...env })
}

/** What the last stage of the Dockerfile says; paths inside the image are left out. */
function readImage(): { readonly flags: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
  const stage =
    readFileSync(here('Dockerfile'), 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? ''
  const [, entryPoint = '[]'] = /^ENTRYPOINT (.+)$/m.exec(stage) ?? []
  const [, variables = ''] = /^ENV (.+)$/m.exec(stage) ?? []
  const pairs = variables.split(' ').map((pair) => pair.split('=') as [string, string])
  return {
    flags: (JSON.parse(entryPoint) as string[]).filter((word) => word.startsWith('--')),
    environment: Object.fromEntries(pairs.filter(([, value]) => !value.startsWith('/'))),
  }
}
