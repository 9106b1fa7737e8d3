// Every key at the top of the file: as it stands there and in the environment, and what it changes for clients and for an
// application behind the running services.
import { benchForFile } from './run-routes.ts'
import { runGlobalTheme } from './run-globals.ts'
import { listeners, metrics, publicTls } from './rows/listeners.ts'
import { logs } from './rows/logs.ts'
import { bearer, identity } from './rows/identity.ts'
import { cookies, programsAndSignOut, signIn } from './rows/sign-in.ts'
import { secrets } from './rows/secrets.ts'
import { requests } from './rows/requests.ts'

const bench = benchForFile()

const themes = [
  requests,
  signIn,
  cookies,
  programsAndSignOut,
  secrets,
  identity,
  bearer,
  listeners,
  publicTls,
  metrics,
  logs,
]

for (const theme of themes) runGlobalTheme(theme, bench)
