#!/usr/bin/env node
import process from 'node:process'
import { nodeProcess } from '@postern/shared/lifecycle/process-host.ts'
import { runCommandLine } from './run-command-line.ts'

const code = await runCommandLine({ argv: process.argv.slice(2), env: process.env, host: nodeProcess })
if (code !== undefined) process.exitCode = code
