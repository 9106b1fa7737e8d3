import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, request, type RequestOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import {
  CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from '@postern/dev/x509/certificate-authority.ts'
import type { ClientCertificatesConfig } from '@postern/shared/config/client-certificates.ts'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import { Replaceable } from '@postern/shared/lifecycle/live.ts'
import {
  ClientCertificates,
  clientCertificateOf,
  listenerOptions,
  verifyingContext,
} from '../../../services/proxy/src/client-certificate/client-certificates.ts'
import { TurnedClock } from '../../support/authenticate-under-test.ts'
import { recordingLog } from '../../support/recording-log.ts'

const root = new CertificateAuthority('Company Root')
const middle = new CertificateAuthority('Company Middle', { parent: root })
const lower = new CertificateAuthority('Company Lower', { parent: middle })
const stranger = new CertificateAuthority('Company Root')
const partner = new CertificateAuthority('Partner Root')
const own = new CertificateAuthority('Server').issue({ commonName: 'server', dnsNames: ['localhost'] })

const usual: ClientCertificatesConfig = {
  authorities: root.certificate,
  revocationLists: [],
  rejectsConnections: false,
  alternativeNames: [],
  maxDepth: 1,
}

const ada = (changes: Partial<CertificateRequest> = {}, by = root): IssuedCertificate =>
  by.issue({ commonName: 'ada', dnsNames: ['ada.example.com'], ...changes })

/** What a client sends: its certificate, and the authorities above it. */
function chain({ certificate, key }: IssuedCertificate, ...above: readonly CertificateAuthority[]) {
  return { cert: [certificate, ...above.map((one) => one.certificate)].join('\n'), key }
}

interface Facts {
  readonly presented: boolean
  readonly valid: boolean
}

/** A listener that tells every client what it makes of its certificate, on a route with these authorities. */
async function listen(
  changes: Partial<ClientCertificatesConfig> = {},
  authorities: string | undefined = root.certificate,
) {
  const clock = new TurnedClock()
  const log = recordingLog()
  const of = (next: Partial<ClientCertificatesConfig>) => ({ clientCertificates: { ...usual, ...next } }) as ProxyConfig
  const live = new Replaceable(of(changes))
  const certificates = new ClientCertificates(live, { clock, log })
  const context = () => ({ cert: own.certificate, key: own.key, ...verifyingContext(live.current.clientCertificates) })
  const server = createServer(
    { ...context(), ...listenerOptions(live.current.clientCertificates) },
    ({ socket }, response) => {
      const { presented, valid } = clientCertificateOf(socket, authorities) ?? {}
      response.end(JSON.stringify({ presented, valid }))
    },
  )
  server.on('secureConnection', certificates.read)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agents: Agent[] = []
  const ask = async (options: RequestOptions = {}): Promise<Facts> => {
    const asked = request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, ...options })
    asked.end()
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString()) as Facts
  }
  return {
    port,
    clock,
    log,
    ask,
    /** One connection for several requests. */
    stay: (shown: object) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      agents.push(agent)
      return () => ask({ agent, ...shown })
    },
    reload: (next: Partial<ClientCertificatesConfig>) => {
      live.replace(of(next))
      server.setSecureContext(context())
    },
    [Symbol.asyncDispose]: async () => {
      for (const agent of agents) agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const valid: Facts = { presented: true, valid: true }
const invalid: Facts = { presented: true, valid: false }
const none: Facts = { presented: false, valid: false }

const revokedAda = ada()

describe('a client’s certificate', () => {
  const cases: readonly [
    title: string,
    shown: () => object,
    expected: Facts,
    changes?: Partial<ClientCertificatesConfig>,
  ][] = [
    ['that is not there is not', () => ({}), none],
    ['of the authority counts', () => chain(ada()), valid],
    ['of another authority does not', () => chain(ada({}, partner)), invalid],
    ['of another authority with the same name does not', () => chain(ada({}, stranger)), invalid],
    ['that is over does not', () => chain(ada({ lifetimeMs: -1 })), invalid],
    ['below another authority is too deep', () => chain(ada({}, middle), middle), invalid],
    [
      'below another authority counts when that is listed too',
      () => chain(ada({}, middle)),
      valid,
      { authorities: `${root.certificate}${middle.certificate}` },
    ],
    ['any number below counts where any may be', () => chain(ada({}, lower), lower, middle), valid, { maxDepth: 0 }],
    ['without those between does not', () => chain(ada({}, lower), lower), invalid, { maxDepth: 0 }],
    ['of another authority does not, however deep it may be', () => chain(ada({}, partner)), invalid, { maxDepth: 0 }],
    [
      'that is revoked does not',
      () => chain(revokedAda),
      invalid,
      { revocationLists: [root.revoke([revokedAda.certificate])] },
    ],
    [
      'that is not on the list counts',
      () => chain(ada()),
      valid,
      { revocationLists: [root.revoke([revokedAda.certificate])] },
    ],
    ['with a list that is over does not', () => chain(ada()), invalid, { revocationLists: [root.revoke([], -1)] }],
    [
      'with a list of somebody else alone does not',
      () => chain(ada()),
      invalid,
      { revocationLists: [partner.revoke([])] },
    ],
    [
      'with a list that somebody else signed in its name does not',
      () => chain(ada()),
      invalid,
      { revocationLists: [stranger.revoke([])] },
    ],
  ]
  for (const [title, shown, expected, changes] of cases) {
    it(title, async () => {
      await using listener = await listen(changes, changes?.authorities)
      assert.deepEqual(await listener.ask(shown()), expected)
    })
  }

  const names = {
    dnsNames: ['ada.example.com'],
    emails: ['ada@example.com'],
    ipAddresses: ['192.0.2.7'],
    uris: ['spiffe://example.com/ada'],
    principalNames: ['ada@corp.example'],
  }
  const patterns: readonly [
    kind: ClientCertificatesConfig['alternativeNames'][number]['kind'],
    good: string,
    bad: string,
  ][] = [
    ['dns', '.*\\.example\\.com', 'example'],
    ['email', '[a-z]+@example\\.com', 'ada@example'],
    ['ip_address', '192\\.0\\.2\\.[0-9]+', '192'],
    ['uri', 'spiffe://example\\.com/.*', 'spiffe'],
    ['user_principal_name', '.*@corp\\.example', '.*@example\\.com'],
  ]
  for (const [kind, good, bad] of patterns) {
    it(`counts by its ${kind}, all of it`, async () => {
      await using one = await listen({
        alternativeNames: [
          { kind: 'dns', regex: 'nobody' },
          { kind, regex: good },
        ],
      })
      assert.deepEqual(await one.ask(chain(ada(names))), valid)
      await using other = await listen({ alternativeNames: [{ kind, regex: bad }] })
      assert.deepEqual(await other.ask(chain(ada(names))), invalid)
    })
  }

  it('counts by names of the kind that is asked for, not by others that look like it', async () => {
    await using listener = await listen({ alternativeNames: [{ kind: 'dns', regex: 'ada@example\\.com' }] })
    assert.deepEqual(await listener.ask(chain(ada(names))), invalid)
  })

  it('is not revoked by a list of another authority that has the same number', async () => {
    const random = (size: number): Buffer => Buffer.alloc(size, 7)
    const [ours, theirs] = [
      new CertificateAuthority('Ours', { random }),
      new CertificateAuthority('Theirs', { random }),
    ]
    const authorities = `${ours.certificate}${theirs.certificate}`
    const [one, other] = [ada({}, ours), ada({}, theirs)]
    const revocationLists = [ours.revoke([]), theirs.revoke([other.certificate])]
    await using listener = await listen({ authorities, revocationLists }, authorities)
    assert.deepEqual([await listener.ask(chain(one)), await listener.ask(chain(other))], [valid, invalid])
  })

  it('has no names but its own: one that holds several is one', async () => {
    await using listener = await listen({ alternativeNames: [{ kind: 'dns', regex: 'ceo\\.example\\.com' }] })
    const uris = ['https://x/, DNS:ceo.example.com']
    assert.deepEqual(await listener.ask(chain(ada({ uris }))), invalid)
  })

  it('counts on routes whose authorities it leads to, and on no others', async () => {
    const both = { authorities: `${root.certificate}${partner.certificate}` }
    await using usualRoute = await listen(both, root.certificate)
    await using partnerRoute = await listen(both, partner.certificate)
    await using noRoute = await listen(both, '')
    const shown = chain(ada({}, partner))
    assert.deepEqual(await usualRoute.ask(shown), invalid)
    assert.deepEqual(await partnerRoute.ask(shown), valid)
    assert.deepEqual(await noRoute.ask(shown), invalid)
  })

  it('is not led to other authorities by what is sent beside it', async () => {
    const both = { authorities: `${root.certificate}${partner.certificate}`, maxDepth: 0 as const }
    await using listener = await listen(both, root.certificate)
    // Named like the partner’s, signed by ours, with another key.
    const between = new CertificateAuthority('Partner Root', { parent: root })
    assert.deepEqual(await listener.ask(chain(ada({}, partner), between, root)), invalid)
    // Below one authority, where routes have several: it is not known to which of them it leads.
    assert.deepEqual(await listener.ask(chain(ada({}, middle), middle, root)), invalid)
  })

  it('that is over while its client stays does not count any more', async () => {
    await using listener = await listen()
    const again = listener.stay(chain(ada({ lifetimeMs: 60_000 })))
    assert.deepEqual(await again(), valid)
    listener.clock.aheadMs = 60_001
    assert.deepEqual(await again(), invalid)
  })

  it('that is revoked while its client stays does not count any more', async () => {
    await using listener = await listen()
    const [one, other] = [ada(), ada()]
    const [again, otherAgain] = [listener.stay(chain(one)), listener.stay(chain(other))]
    assert.deepEqual([await again(), await otherAgain()], [valid, valid])
    listener.reload({ revocationLists: [root.revoke([one.certificate])] })
    assert.deepEqual([await again(), await otherAgain()], [invalid, valid])
    assert.deepEqual(await listener.ask(chain(one)), invalid)
  })

  it('does not count any more when the authority that signed it is revoked', async () => {
    const authorities = `${middle.certificate}${root.certificate}`
    await using listener = await listen({ authorities }, authorities)
    const again = listener.stay(chain(ada({}, middle), middle))
    assert.deepEqual(await again(), valid)
    listener.reload({ authorities, revocationLists: [root.revoke([middle.certificate]), middle.revoke([])] })
    assert.deepEqual(await again(), invalid)
    assert.deepEqual(await listener.ask(chain(ada({}, middle), middle)), invalid)
  })

  it('does not count any more when its authority goes, on a route that was asked before', async () => {
    await using listener = await listen()
    const again = listener.stay(chain(ada()))
    assert.deepEqual(await again(), valid)
    listener.reload({ authorities: partner.certificate })
    assert.deepEqual(await again(), invalid)
  })

  it('is judged by the rules in force, whoever connected before them', async () => {
    await using listener = await listen()
    const again = listener.stay(chain(ada()))
    assert.deepEqual(await again(), valid)
    listener.reload({ alternativeNames: [{ kind: 'dns', regex: 'somebody-else' }] })
    assert.deepEqual(await again(), invalid)
    listener.reload({})
    assert.deepEqual(await again(), valid)
  })

  it('that does not count is in the log, with the reason', async () => {
    await using listener = await listen()
    await listener.ask(chain(ada({}, partner)))
    await listener.ask(chain(ada({}, middle), middle))
    assert.deepEqual(
      listener.log.lines.map(({ fields }) => fields['why']),
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not signed by an authority that is trusted here'],
    )
  })

  it('is shown at every connection: none is resumed', async () => {
    await using listener = await listen()
    const open = async (session?: Buffer): Promise<readonly [boolean, Buffer | undefined]> => {
      const given = session === undefined ? {} : { session }
      const options = { host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, ...chain(ada()), ...given }
      const socket: TLSSocket = connect(options)
      await once(socket, 'secureConnect')
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
      await once(socket, 'data')
      const result = [socket.isSessionReused(), socket.getSession()] as const
      socket.destroy()
      return result
    }
    const [, session] = await open()
    const [isReused] = await open(session)
    assert.equal(isReused, false)
  })
})

describe('a listener that rejects connections', () => {
  const rejecting = { rejectsConnections: true, alternativeNames: [{ kind: 'dns', regex: 'ada\\..*' }] as const }

  it('lets in whoever shows a certificate that counts', async () => {
    await using listener = await listen(rejecting)
    assert.deepEqual(await listener.ask(chain(ada())), valid)
  })

  const cases: readonly [title: string, shown: () => object][] = [
    ['shows none', () => ({})],
    ['shows one of another authority', () => chain(ada({}, partner))],
    ['shows one that is too deep', () => chain(ada({}, middle), middle)],
    ['shows one with another name', () => chain(ada({ dnsNames: ['eve.example.com'] }))],
  ]
  for (const [title, shown] of cases) {
    it(`has no word with whoever ${title}`, async () => {
      await using listener = await listen(rejecting)
      const socket: Socket = connect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, ...shown() })
      socket.on('error', () => undefined)
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
      let said = ''
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await new Promise((resolve) => socket.once('close', resolve))
      assert.equal(said, '')
    })
  }
})
