// An authorize in a process of its own, for tests that kill or stop it. Prints its target; answers `/ready`, and says of
// every other question that it came, and answers it or, told to hang, does not.
import { argv, stdout } from 'node:process'
import { allowFor, startScriptedAuthorize } from './support.ts'

const authorize = await startScriptedAuthorize(({ facts }) => {
  if (facts.path !== '/ready') stdout.write('asked\n')
  return facts.path !== '/ready' && argv[2] === 'hang' ? new Promise(() => {}) : Promise.resolve(allowFor(facts.path))
})
stdout.write(`${authorize.target}\n`)
