// The keys of Redis, with servers that run: one without TLS, one whose certificate is for the name cache.test.
import { benchForFile } from './run-routes.ts'
import { runGlobalTheme } from './run-globals.ts'
import { redisTheme } from './tables.ts'
import { startRedises } from './redises.ts'

const bench = benchForFile(startRedises)

runGlobalTheme(redisTheme, bench)
