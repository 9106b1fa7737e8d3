import { runReadingThread } from '@postern/shared/config/reload/reading-thread.ts'
import { checkPolicy } from './policy/check-policy.ts'

// The thread in which a large configuration is read while requests are served.
await runReadingThread(checkPolicy)
