import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { eventually } from './eventually.ts'
import { freePort, type RedisServer, startRedis } from './redis-server.ts'

const run = promisify(execFile)

export interface RedisCluster extends AsyncDisposable {
  readonly nodes: readonly RedisServer[]
  /** `redis+cluster://` with all nodes. */
  readonly url: string
  /** What redis-cli says to this at the node. */
  cli(node: RedisServer, ...words: string[]): Promise<string>
  /** A replica that follows, and that all nodes know. */
  addReplicaOf(primary: RedisServer): Promise<RedisServer>
}

/** Three of the machine's redis-servers that share the slots. Needs redis-cli (Debian: redis-tools). */
export async function startRedisCluster(): Promise<RedisCluster> {
  await using starting = new AsyncDisposableStack()
  const nodes = [await startNode(starting), await startNode(starting), await startNode(starting)]
  const places = nodes.map(({ port }) => `127.0.0.1:${String(port)}`)
  await run('redis-cli', ['--cluster', 'create', ...places, '--cluster-yes'])
  const cli = async (node: RedisServer, ...words: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', String(node.port), ...words])).stdout.trim()
  for (const node of nodes) {
    await eventually('every node knows all slots and nodes', 10_000, async () => {
      const info = await cli(node, 'CLUSTER', 'INFO')
      return /cluster_state:ok/.test(info) && /slots_ok:16384/.test(info) && /known_nodes:3/.test(info)
    })
  }
  const running = starting.move()
  return {
    nodes,
    cli,
    url: `redis+cluster://${places.join()}`,
    async addReplicaOf(primary) {
      const replica = await startNode(running)
      const id = await cli(primary, 'CLUSTER', 'MYID')
      const place = `127.0.0.1:${String(replica.port)}`
      const add = ['--cluster', 'add-node', place, places[0] ?? '', '--cluster-slave', '--cluster-master-id', id]
      await run('redis-cli', add)
      const replicaId = await cli(replica, 'CLUSTER', 'MYID')
      // Only a replica that they know of gets the others' votes, and news travel by gossip.
      for (const node of [replica, ...nodes]) {
        await eventually('every node knows the replica', 10_000, async () => {
          const known = await cli(node, 'CLUSTER', 'NODES')
          return known.split('\n').some((line) => line.startsWith(replicaId) && line.includes(`slave ${id}`))
        })
      }
      await eventually('the replica follows', 10_000, async () => (await cli(replica, 'ROLE')).includes('connected'))
      return replica
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startNode(stack: AsyncDisposableStack): Promise<RedisServer> {
  const config = [
    'cluster-enabled yes',
    `cluster-port ${String(await freePort())}`,
    'cluster-node-timeout 1000',
    'cluster-require-full-coverage no',
    'repl-diskless-sync-delay 0',
  ]
  return stack.use(await startRedis({ config }))
}
