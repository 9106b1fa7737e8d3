/** What `cloudrun/` deploys, held against the program, and its script against a Google that remembers. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { Deployment, folder, type Shape } from './deployment.ts'

const readme = readFileSync(join(folder, 'README.md'), 'utf8')

describe('cloudrun/deploy.sh', () => {
  it('is bash without a mistake', (test) => {
    assert.equal(spawnSync('bash', ['-n', join(folder, 'deploy.sh')]).status, 0)
    const checked = spawnSync('shellcheck', ['-x', 'deploy.sh'], { cwd: folder, encoding: 'utf8' })
    if (checked.error) test.diagnostic('shellcheck is not installed: the script was not looked at closely')
    else assert.equal(checked.stdout, '')
  })

  for (const shape of ['one', 'apart'] as const) {
    it(`${shape}: a dry run prints what the README shows, and runs nothing`, () => {
      using deployment = new Deployment()
      const { code, output } = deployment.run(shape, '--dry-run', '--settings', 'settings.example')
      assert.equal(code, 0)
      const [, shown = ''] =
        new RegExp(
          `^\\$ cloudrun/deploy\\.sh ${shape} --dry-run --settings settings\\.example\\n([^]*?)^\`\`\``,
          'm',
        ).exec(readme) ?? []
      assert.equal(output, shown)
      assert.deepEqual(deployment.takeCalls(), [])
      assert.deepEqual(deployment.leftovers(), [])
    })

    it(`${shape}: a second run makes nothing anew, and leaves every secret as it is`, () => {
      using deployment = new Deployment()
      const first = deployment.run(shape)
      assert.equal(first.code, 0, first.errors)
      const made = deployment.takeCalls()
      assert.ok(made.some((call) => call.startsWith('gcloud secrets versions add postern-shared-secret ')))
      const before = ['shared-secret', 'cookie-secret', 'signing-key'].map((name) =>
        deployment.secret(`postern-${name}`),
      )
      const second = deployment.run(shape)
      assert.equal(second.code, 0, second.errors)
      const again = deployment.takeCalls().filter((call) => / create |versions add | import /.test(call))
      assert.deepEqual(again, [])
      const after = ['shared-secret', 'cookie-secret', 'signing-key'].map((name) =>
        deployment.secret(`postern-${name}`),
      )
      assert.deepEqual(after, before)
      assert.deepEqual(deployment.leftovers(), [], 'a secret was left in a temporary file')
      for (const secret of [...before, 'a-client-secret'])
        assert.ok(!`${first.output}${first.errors}`.includes(secret.trim()))
    })
  }

  it('another configuration is a new version of it, and a new revision', () => {
    using deployment = new Deployment()
    deployment.run('one', '--skip-images')
    const label = () => deployment.services().get('postern')?.spec.template.metadata.labels.configuration as string
    const former = label()
    deployment.takeCalls()
    deployment.writeFile(
      'one/config.yaml',
      readFileSync(join(folder, 'one/config.yaml'), 'utf8').replace('google', 'okta'),
    )
    assert.equal(deployment.run('one', '--skip-images').code, 0)
    assert.ok(deployment.takeCalls().some((call) => call.startsWith('gcloud secrets versions add postern-config ')))
    assert.match(label(), /^[\da-f]{16}$/)
    assert.notEqual(label(), former)
  })

  it('makes the same of the routes with the base64 of GNU and with that of BSD', () => {
    const routesWith = (base64?: string): string => {
      using deployment = new Deployment()
      if (base64 !== undefined) deployment.addProgram('base64', base64)
      const { code, errors } = deployment.run('one', '--skip-images')
      assert.equal(code, 0, errors)
      const env = deployment.services().get('postern')?.spec.template.spec.containers[0].env as {
        name: string
        value: string
      }[]
      return env.find(({ name }) => name === 'ROUTES')?.value ?? ''
    }
    // Of BSD: no -w, no line breaks, one at the end, and nothing but standard input without -i.
    const bsd = `#!/usr/bin/env bash
[ $# -eq 0 ] || { echo "base64: illegal option -- $1" >&2; exit 64; }
"${process.execPath}" -e 'process.stdin.toArray().then((p) => process.stdout.write(Buffer.concat(p).toString("base64") + "\\n"))'
`
    const gnu = routesWith()
    assert.equal(routesWith(bsd), gnu)
    assert.equal((parse(Buffer.from(gnu, 'base64').toString('utf8')) as unknown[]).length, 2)
  })

  it('imports the zone where there is one in Cloud DNS, and prints it elsewhere', () => {
    using deployment = new Deployment('DNS_ZONE=example')
    assert.equal(deployment.run('one', '--skip-images').code, 0)
    assert.equal(deployment.zone, '*.cloudrun.example.com. 300 IN CNAME ghs.googlehosted.com.\n')
    using elsewhere = new Deployment()
    assert.match(
      elsewhere.run('one', '--skip-images').output,
      /Publish this .*: \*\.cloudrun\.example\.com\. 300 IN CNAME/,
    )
  })

  it('says what is missing before it does anything', () => {
    using deployment = new Deployment('IDP_CLIENT_ID=')
    const { code, errors } = deployment.run('one')
    assert.deepEqual([code, errors], [64, 'deploy.sh: IDP_CLIENT_ID is not set in ./settings\n'])
    assert.match(deployment.run('two').errors, /unknown argument two/)
    assert.equal(deployment.run('--dry-run').code, 64)
    assert.match(
      deployment.run('one', '--settings', 'none').errors,
      /there is no file none: cp cloudrun\/settings\.example/,
    )
    assert.deepEqual(deployment.takeCalls(), [])
  })
})

for (const shape of ['one', 'apart'] as const) {
  describe(`who may what, ${shape}`, () => {
    let deployment: Deployment
    let calls: readonly string[]
    before(() => {
      deployment = new Deployment()
      assert.equal(deployment.run(shape).code, 0)
      calls = deployment.takeCalls()
    })
    after(() => deployment[Symbol.dispose]())

    it('nobody has a role in the project', () => {
      assert.deepEqual(
        calls.filter((call) => /gcloud projects|organizations|folders/.test(call)),
        [],
      )
    })

    it('every service runs as an account of its own, and reads exactly the secrets that it is given', () => {
      const granted = new Map<string, string[]>()
      for (const call of calls) {
        const [, secret = '', account = ''] =
          /^gcloud secrets add-iam-policy-binding (\S+) --member=serviceAccount:([\w-]+)@\S+ --role=roles\/secretmanager\.secretAccessor /.exec(
            call,
          ) ?? []
        if (secret !== '') granted.set(account, [...(granted.get(account) ?? []), secret].toSorted())
      }
      const used = new Map<string, string[]>()
      for (const { spec } of deployment.services().values()) {
        const account = String(spec.template.spec.serviceAccountName).split('@')[0] ?? ''
        used.set(account, [...new Set([...(used.get(account) ?? []), ...secretsOf(spec.template.spec)])].toSorted())
      }
      assert.deepEqual(Object.fromEntries(used), Object.fromEntries(granted))
      assert.deepEqual(Object.fromEntries(granted), readable[shape])
    })

    it('invokers are on the targets alone', () => {
      const grants = calls.flatMap((call) => {
        const [, target = '', member = '', role = ''] =
          /^gcloud run services add-iam-policy-binding (\S+) --member=(\S+) --role=roles\/(\S+) --region=europe-west1 /.exec(
            call,
          ) ?? []
        return target === '' ? [] : [`${member.replace(/^serviceAccount:|@.*$/g, '')} ${role} ${target}`]
      })
      assert.deepEqual(grants.toSorted(), invokers[shape])
      const samples = calls.filter((call) => call.startsWith('gcloud run deploy '))
      assert.equal(samples.length, 2)
      assert.ok(
        samples.every((call) => call.includes('--no-allow-unauthenticated') && call.includes('sample-applications@')),
      )
    })
  })
}

const readable: Readonly<Record<Shape, unknown>> = {
  one: {
    postern: ['config', 'cookie-secret', 'idp-client-secret', 'shared-secret', 'signing-key'].map(
      (name) => `postern-${name}`,
    ),
  },
  apart: {
    'postern-proxy': ['postern-config'],
    'postern-authorize': ['config', 'redis-ca', 'redis-url-authorize', 'shared-secret', 'signing-key'].map(
      (name) => `postern-${name}`,
    ),
    'postern-authenticate': [
      'config',
      'cookie-secret',
      'idp-client-secret',
      'redis-ca',
      'redis-url-authenticate',
      'shared-secret',
    ].map((name) => `postern-${name}`),
  },
}

const invokers: Readonly<Record<Shape, readonly string[]>> = {
  one: ['allUsers run.invoker postern', 'postern run.servicesInvoker hello', 'postern run.servicesInvoker verify'],
  apart: [
    'allUsers run.invoker postern-authenticate',
    'allUsers run.invoker postern-proxy',
    'postern-authorize run.servicesInvoker postern-authenticate-grpc',
    'postern-proxy run.servicesInvoker hello',
    'postern-proxy run.servicesInvoker postern-authenticate-grpc',
    'postern-proxy run.servicesInvoker postern-authorize',
    'postern-proxy run.servicesInvoker verify',
  ],
}

/** By volumes, and by VALS_FILES. */
function secretsOf({ volumes = [], containers }: any): string[] {
  const references = String(containers[0].env.find(({ name }: any) => name === 'VALS_FILES')?.value ?? '')
  return [
    ...volumes.map(({ secret }: any) => String(secret.secretName)),
    ...[...references.matchAll(/ref\+gcpsecrets:\/\/[^/]+\/([\w-]+)/g)].map(([, name = '']) => name),
  ]
}
