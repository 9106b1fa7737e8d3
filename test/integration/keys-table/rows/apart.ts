import type { GlobalRow, Surroundings } from '../row.ts'
import { socketsOf } from '../run-apart.ts'
import type { RunningStack } from '../running-stack.ts'
import { startSilentServer } from '../silent-server.ts'

const live = (at: Surroundings): string => socketsOf(at).authorize
const dead = ({ folder }: Surroundings): string => `unix://${folder}/nobody.sock`
const silent = ({ folder }: Surroundings): string => `unix://${folder}/silent.sock`
const wired = { authorize_service_url: live }

const open = async (stack: RunningStack): Promise<number> => (await stack.ask('open.test')).status
const afterSignIn = async (stack: RunningStack): Promise<number> => (await stack.ask('app.test', { as: 'ada' })).status

/** Where authorize takes questions and answers none. */
const askedOfSilence = (withinMs: number) => async (stack: RunningStack) => {
  await using server = await startSilentServer(`${stack.bench.surroundings.folder}/silent.sock`)
  const { status, body } = await stack.ask('open.test', { withinMs })
  return [status === 0 ? body : status, server.called.find((method) => method.startsWith('Check'))]
}

/** Between services that run apart, on sockets. */
export const apart: readonly GlobalRow[] = [
  { key: 'authorize_service_url', file: live, observe: open, given: 200 },
  { key: 'authorize_service_url', title: 'where nobody is', file: dead, observe: open, given: 503 },
  {
    key: 'authorize_service_urls',
    title: 'several, of which one is down',
    file: (at) => JSON.stringify([dead(at), live(at)]),
    env: (at) => `${dead(at)}, ${live(at)}`,
    observe: async (stack) => [await open(stack), await open(stack), await open(stack)],
    given: [200, 200, 200],
  },
  {
    key: 'authorize_internal_service_url',
    file: live,
    beside: { authorize_service_url: dead },
    observe: open,
    given: 200,
    leftOut: 503,
  },
  {
    key: 'authenticate_grpc_service_url',
    file: (at) => socketsOf(at).authenticate,
    only: 'proxy',
    beside: wired,
    observe: afterSignIn,
    given: 200,
  },
  {
    key: 'authenticate_grpc_service_url',
    title: 'where nobody is',
    file: dead,
    only: 'proxy',
    beside: wired,
    observe: async (stack) => [await open(stack), await afterSignIn(stack)],
    given: [200, 401],
  },
  {
    key: 'authenticate_internal_service_url',
    file: (at) => socketsOf(at).signIn,
    only: 'proxy',
    beside: wired,
    observe: async (stack) => (await stack.ask('auth.test', { path: '/.pomerium/signed_out', page: true })).status,
    given: 200,
  },
  {
    key: 'grpc_address',
    file: ({ folder }) => `unix://${folder}/elsewhere.sock`,
    only: 'authorize',
    beside: { authorize_service_url: ({ folder }) => `unix://${folder}/elsewhere.sock` },
    observe: open,
    given: 200,
    leftOut: 503,
  },
  {
    key: 'authorize_check_mode',
    title: 'how authorize is asked',
    file: 'unary',
    env: 'Unary',
    only: 'proxy',
    beside: { authorize_service_url: silent, authorize_check_timeout: '300ms' },
    observe: askedOfSilence(5000),
    given: [503, 'Check'],
    leftOut: [503, 'CheckStream'],
  },
  {
    key: 'authorize_check_timeout',
    file: '300ms',
    env: '0.3s',
    only: 'proxy',
    beside: { authorize_service_url: silent, authorize_check_mode: 'unary' },
    observe: askedOfSilence(3500),
    given: [503, 'Check'],
    leftOut: ['(no answer yet)', 'Check'],
  },
  {
    key: 'grpc_client_timeout',
    title: 'of a call that is not a check',
    file: '300ms',
    only: 'proxy',
    beside: { authorize_service_url: live, authenticate_grpc_service_url: silent },
    observe: async (stack) => {
      await using _server = await startSilentServer(`${stack.bench.surroundings.folder}/silent.sock`)
      const { status, body } = await stack.ask('open.test', {
        path: '/.pomerium/callback/?pomerium_ticket=x',
        page: true,
        withinMs: 2500,
      })
      return status === 0 ? body : status
    },
    given: 503,
    leftOut: '(no answer yet)',
  },
]
