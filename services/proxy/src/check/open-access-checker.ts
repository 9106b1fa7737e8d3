import { openChannel } from '@postern/shared/grpc/channel.ts'
import type { AccessChecker, AccessCheckerConfig, AccessCheckerDeps } from './access-checker.ts'
import { AuthorizeCalls } from './authorize-calls.ts'
import { openStreamChecker } from './stream-checker.ts'
import { openUnaryChecker } from './unary-checker.ts'

/** Opens the way to authorize that the configuration asks for. Does not wait for a connection. */
export async function openAccessChecker(config: AccessCheckerConfig, deps: AccessCheckerDeps): Promise<AccessChecker> {
  await using opening = new AsyncDisposableStack()
  const { security } = config.grpc
  const { log } = deps
  const channels = []
  for (const target of config.authorizeTargets) {
    channels.push(opening.use(await openChannel(target, { security, self: 'proxy', service: 'authorize', log })))
  }
  const calls = new AuthorizeCalls(channels, config.grpc.clientTimeoutMs)
  const checker = opening.use(
    config.checkMode === 'unary' ? openUnaryChecker(config, calls, deps) : openStreamChecker(config, deps),
  )
  const open = opening.move()
  return {
    check: (question) => checker.check(question),
    onSessionsChanged: (listener) => checker.onSessionsChanged(listener),
    isReady: () => checker.isReady(),
    describeSession: (host, credential) => calls.describeSession(host, credential),
    createSignOutUrl: (host, credential, returnUrl) => calls.createSignOutUrl(host, credential, returnUrl),
    createSignInUrl: (wanted) => calls.createSignInUrl(wanted),
    keySet: () => calls.keySet(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
