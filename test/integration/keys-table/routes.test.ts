// Every option of a route: as it stands in a file and in the environment, and what it changes for an application that
// stands behind the running services.
import { access } from './rows/access.ts'
import { answers } from './rows/answers.ts'
import { bearerRoutes } from './rows/bearer.ts'
import { headers } from './rows/headers.ts'
import { matching } from './rows/matching.ts'
import { rewriting } from './rows/rewriting.ts'
import { upstreamTls } from './rows/upstream-tls.ts'
import { upstreams } from './rows/upstreams.ts'
import { benchForFile, runRouteTheme } from './run-routes.ts'

const bench = benchForFile()

for (const theme of [matching, answers, rewriting, headers, access, bearerRoutes, upstreams, upstreamTls])
  runRouteTheme(theme, bench)
