import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { anyPorts } from '../ports.ts'
import { helloAudience } from '../stand-ins.ts'
import { startStandIn } from './start-stand-in.ts'

describe('a stand-in in a container of its own', () => {
  it('is found by name, and says which variable is missing', async () => {
    await assert.rejects(
      startStandIn('toString', {}),
      /no stand-in is called toString; there are metadata-server, hello/,
    )
    await assert.rejects(startStandIn('verify', {}), /PROXY_URL is not set/)
  })

  it('tells what arrived, and Cloud Run trusts the metadata server’s keys', async () => {
    const ports = await anyPorts()
    const [metadataPort, helloPort, cloudRunPort] = [ports.proxy, ports.verify, ports.cloudRun].map(String)
    const host = { HOST: '127.0.0.1' }
    await using _metadata = await startStandIn('metadata-server', { ...host, PORT: metadataPort })
    await using _hello = await startStandIn('hello', { ...host, PORT: helloPort })
    await using _cloudRun = await startStandIn('cloud-run', {
      ...host,
      PORT: cloudRunPort,
      AUDIENCES: helloAudience,
      CONTAINER_URL: `http://127.0.0.1:${helloPort}`,
      KEY_SET_URL: `http://127.0.0.1:${metadataPort}/oauth2/v3/certs`,
    })
    const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${helloAudience}`
    const token = await fetch(`http://127.0.0.1:${metadataPort}${path}`, { headers: { 'metadata-flavor': 'Google' } })
    const headers = { authorization: `Bearer ${await token.text()}` }
    assert.equal((await fetch(`http://127.0.0.1:${cloudRunPort}/`, { headers })).status, 200)
    for (const port of [metadataPort, cloudRunPort]) {
      const arrived = (await (await fetch(`http://127.0.0.1:${port}/_stand-in/requests`)).json()) as unknown[]
      assert.equal(arrived.length, 1)
    }
  })
})
